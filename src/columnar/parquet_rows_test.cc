#include "columnar/parquet_rows.h"

#include <random>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>
#include <arrow/io/memory.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

namespace deltaport::columnar {
namespace {

constexpr int64_t kRows = 10'000;

std::shared_ptr<arrow::Table> Rows() {
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  arrow::Decimal128Builder prices(arrow::decimal128(9, 2));
  arrow::ListBuilder tags(arrow::default_memory_pool(), std::make_shared<arrow::Int32Builder>());
  auto& tag = static_cast<arrow::Int32Builder&>(*tags.value_builder());
  for (int64_t i = 0; i < kRows; ++i) {
    EXPECT_TRUE(ids.Append(i * 3).ok());
    EXPECT_TRUE((i % 7 == 0 ? names.AppendNull() : names.Append(fmt::format("n{}", i % 50))).ok());
    EXPECT_TRUE(prices.Append(arrow::Decimal128(i)).ok());
    EXPECT_TRUE((i % 11 == 0 ? tags.AppendNull() : tags.Append()).ok());
    for (int64_t k = 0; i % 11 != 0 && k < i % 4; ++k) {
      EXPECT_TRUE(tag.Append(static_cast<int32_t>(i + k)).ok());
    }
  }
  const auto id_array = ids.Finish().ValueOrDie();
  const auto name_array = names.Finish().ValueOrDie();
  const auto pair =
      arrow::StructArray::Make({id_array, name_array}, std::vector<std::string>{"id", "name"})
          .ValueOrDie();
  return arrow::Table::Make(
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8()),
                     arrow::field("price", arrow::decimal128(9, 2)),
                     arrow::field("tags", arrow::list(arrow::int32())),
                     arrow::field("pair", pair->type())}),
      {id_array, name_array, prices.Finish().ValueOrDie(), tags.Finish().ValueOrDie(), pair});
}

std::shared_ptr<arrow::Buffer> Write(const arrow::Table& table, bool page_index) {
  parquet::WriterProperties::Builder properties;
  properties.data_pagesize(1024)->write_batch_size(64)->max_row_group_length(3'000);
  properties.compression(parquet::Compression::ZSTD)->disable_dictionary("id");
  if (!page_index) properties.disable_write_page_index();
  const auto output = arrow::io::BufferOutputStream::Create().ValueOrDie();
  EXPECT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), output, 3'000,
                                         properties.build())
                  .ok());
  return output->Finish().ValueOrDie();
}

// Counts the bytes that are asked for.
class CountedFile final : public arrow::io::RandomAccessFile {
 public:
  explicit CountedFile(std::shared_ptr<arrow::Buffer> bytes) : inner_(std::move(bytes)) {}

  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
    read_bytes += bytes;
    return inner_.ReadAt(position, bytes);
  }
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
    read_bytes += bytes;
    return inner_.ReadAt(position, bytes, out);
  }
  arrow::Result<int64_t> Read(int64_t bytes, void* out) override { return inner_.Read(bytes, out); }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
    return inner_.Read(bytes);
  }
  arrow::Result<int64_t> GetSize() override { return inner_.GetSize(); }
  arrow::Result<int64_t> Tell() const override { return inner_.Tell(); }
  Status Seek(int64_t position) override { return inner_.Seek(position); }
  Status Close() override { return inner_.Close(); }
  bool closed() const override { return inner_.closed(); }

  int64_t read_bytes = 0;

 private:
  arrow::io::BufferReader inner_;
};

class ParquetRowsOf : public testing::TestWithParam<bool> {};

TEST_P(ParquetRowsOf, RandomRowsInAnyOrderEqualTheRowsOfTheTable) {
  const auto table = Rows();
  const auto bytes = Write(*table, GetParam());
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  std::uniform_int_distribution<int64_t> any(0, kRows - 1);
  for (const int count : {0, 1, 2, 17, 500}) {
    std::vector<int64_t> rows;
    for (int i = 0; i < count; ++i) rows.push_back(any(random));
    const auto file = std::make_shared<arrow::io::BufferReader>(bytes);
    const auto footer = ParquetFooter::Read("f", file).ValueOrDie();
    const ParquetRows reader(footer, file);
    arrow::Int64Builder indices;
    ASSERT_TRUE(indices.AppendValues(rows).ok());
    const auto expected =
        arrow::compute::Take(arrow::Datum(table), indices.Finish().ValueOrDie()).ValueOrDie();
    for (int field = 0; field < table->num_columns(); ++field) {
      const auto read = reader.Read(field, rows);
      ASSERT_TRUE(read.ok()) << read.status();
      const auto column = expected.table()->column(field);
      EXPECT_TRUE(arrow::ChunkedArray(*read).Equals(*column)) << table->field(field)->name();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutPageIndex, ParquetRowsOf, testing::Bool());

TEST(ParquetRows, PageIndexSparesTheOtherPages) {
  const auto table = Rows();
  const auto read_bytes = [&](bool page_index) {
    const auto file = std::make_shared<CountedFile>(Write(*table, page_index));
    const auto footer = ParquetFooter::Read("f", file).ValueOrDie();
    file->read_bytes = 0;
    const std::vector<int64_t> rows{4'000};
    EXPECT_TRUE(ParquetRows(footer, file).Read(0, rows).ok());
    return file->read_bytes;
  };
  EXPECT_LT(read_bytes(true) * 3, read_bytes(false));
}

TEST(ParquetRows, DictionaryIsReadOnlyForPagesThatUseIt) {
  constexpr int64_t kDictionaryBytes = 64 << 10;
  arrow::StringBuilder texts;
  const auto text = [](int64_t row) { return fmt::format("{:0>100}", row); };
  for (int64_t row = 0; row < kRows; ++row) ASSERT_TRUE(texts.Append(text(row)).ok());
  const auto table = arrow::Table::Make(arrow::schema({arrow::field("text", arrow::utf8())}),
                                        {texts.Finish().ValueOrDie()});
  parquet::WriterProperties::Builder properties;
  properties.data_pagesize(1024)->write_batch_size(16)->enable_write_page_index();
  properties.dictionary_pagesize_limit(kDictionaryBytes)
      ->compression(parquet::Compression::UNCOMPRESSED);
  const auto output = arrow::io::BufferOutputStream::Create().ValueOrDie();
  ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), output, kRows,
                                         properties.build())
                  .ok());
  const auto file = std::make_shared<CountedFile>(output->Finish().ValueOrDie());
  const auto footer = ParquetFooter::Read("f", file).ValueOrDie();
  const auto read_bytes = [&](const std::vector<int64_t>& rows) {
    file->read_bytes = 0;
    const auto read = ParquetRows(footer, file).Read(0, rows).ValueOrDie();
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(static_cast<const arrow::StringArray&>(*read).GetView(static_cast<int64_t>(i)),
                text(rows[i]));
    }
    return file->read_bytes;
  };
  const auto plain = read_bytes({kRows - 1});
  const auto encoded = read_bytes({0});
  EXPECT_GE(encoded - plain, kDictionaryBytes / 2);
  EXPECT_GE(read_bytes({kRows - 1, 0, kRows - 2}), encoded);
}

TEST(ParquetRows, TextThatTheFileKeepsAsViewsComesAsText) {
  arrow::StringViewBuilder builder;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(builder.Append(fmt::format("a long text, {}", i)).ok());
  const auto views = builder.Finish().ValueOrDie();
  const auto table =
      arrow::Table::Make(arrow::schema({arrow::field("name", arrow::utf8_view())}), {views});
  const auto output = arrow::io::BufferOutputStream::Create().ValueOrDie();
  ASSERT_TRUE(
      parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), output, 50,
                                 parquet::default_writer_properties(),
                                 parquet::ArrowWriterProperties::Builder().store_schema()->build())
          .ok());
  const auto file = std::make_shared<arrow::io::BufferReader>(output->Finish().ValueOrDie());
  const auto footer = ParquetFooter::Read("f", file).ValueOrDie();
  EXPECT_TRUE(footer->schema()->field(0)->type()->Equals(arrow::utf8()));
  const std::vector<int64_t> rows{70, 3};
  const auto read = ParquetRows(footer, file).Read(0, rows);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_TRUE((*read)->type()->Equals(arrow::utf8()));
  EXPECT_EQ(static_cast<const arrow::StringArray&>(**read).GetView(0), "a long text, 70");
  EXPECT_EQ(static_cast<const arrow::StringArray&>(**read).GetView(1), "a long text, 3");
}

TEST(ParquetRows, RowPastTheEndIsDamage) {
  const auto file = std::make_shared<arrow::io::BufferReader>(Write(*Rows(), true));
  const auto footer = ParquetFooter::Read("lake/f.parquet", file).ValueOrDie();
  const std::vector<int64_t> rows{kRows};
  const auto read = ParquetRows(footer, file).Read(0, rows);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(CodeOf(read.status()), ErrorCode::kCorruptTable);
  EXPECT_NE(read.status().message().find("lake/f.parquet"), std::string::npos);
}

TEST(ParquetRows, DamagedPageIsAnErrorThatNamesTheFile) {
  const auto intact = Write(*Rows(), true);
  std::string bytes = intact->ToString();
  for (size_t i = 100; i < bytes.size() / 2; ++i) bytes[i] = static_cast<char>(i * 31);
  const auto file = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes));
  const auto footer = ParquetFooter::Read("lake/f.parquet", file).ValueOrDie();
  const std::vector<int64_t> rows{1'000};
  for (int field = 0; field < 3; ++field) {
    const auto read = ParquetRows(footer, file).Read(field, rows);
    ASSERT_FALSE(read.ok());
    EXPECT_NE(read.status().message().find("lake/f.parquet"), std::string::npos);
  }
}

}  // namespace
}  // namespace deltaport::columnar
