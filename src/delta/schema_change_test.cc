#include "delta/schema_change.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "columnar/delta_schema.h"
#include "delta/live_files.h"
#include "delta/schema_edit.h"
#include "delta/table_test_support.h"
#include "delta/table_write.h"

namespace deltaport::delta {
namespace {

using testing::Contains;

const CancelToken kNoCancel;

std::shared_ptr<arrow::Schema> SomeSchema() {
  const auto point =
      arrow::struct_({arrow::field("x", arrow::int32()), arrow::field("y", arrow::int32())});
  return arrow::schema({arrow::field("id", arrow::int32()), arrow::field("point", point),
                        arrow::field("tags", arrow::map(arrow::utf8(), arrow::int32())),
                        arrow::field("day", arrow::utf8())});
}

// A table of that schema with three rows, partitioned by day.
class SchemaChange : public testing::Test {
 protected:
  void Create(std::map<std::string, std::string> configuration) {
    NewTable table;
    table.configuration = std::move(configuration);
    table.partition_columns = {"day"};
    const auto schema = SomeSchema();
    const auto rows =
        arrow::StructArray::Make({Nulls(0), Nulls(1), Nulls(2), Nulls(3)}, schema->fields());
    const auto batch = *arrow::RecordBatch::FromStructArray(rows.ValueOrDie());
    const auto reader = *arrow::RecordBatchReader::Make({batch}, schema);
    WriteOptions options;
    options.rows_checked = true;
    const auto created = CreateTableWithRows(table_.location(), *reader, table, options, kNoCancel);
    ASSERT_TRUE(created.ok()) << created.status();
  }

  static std::shared_ptr<arrow::Array> Nulls(int column) {
    return arrow::MakeArrayOfNull(SomeSchema()->field(column)->type(), 3).ValueOrDie();
  }

  void Change(const TableChange& change) {
    const auto outcome = ChangeTable(table_.location(), change, kNoCancel);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
  }

  void ExpectRefused(const TableChange& change, ErrorCode code, std::string_view text) {
    const auto before = Latest()->version();
    const Status status = ChangeTable(table_.location(), change, kNoCancel).status();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(CodeOf(status), code) << status;
    EXPECT_NE(status.message().find(text), std::string::npos) << status;
    EXPECT_EQ(Latest()->version(), before);
  }

  std::shared_ptr<const Snapshot> Latest() { return *Snapshot::Open(table_.location()); }
  std::shared_ptr<arrow::Field> Field(const ColumnPath& path) {
    return FindField(*Latest()->schema(), path).ValueOrDie();
  }
  std::string Property(const std::string& name) {
    const auto snapshot = Latest();
    const auto found = snapshot->metadata().configuration.find(name);
    return found == snapshot->metadata().configuration.end() ? "" : found->second;
  }

  TestTable table_;
};

const std::map<std::string, std::string> kMapped = {{"delta.columnMapping.mode", "name"}};

TEST_F(SchemaChange, ColumnsAreAddedAnywhere) {
  Create({});
  Change([](Transaction& transaction) {
    return AddColumns(transaction, {{{}, arrow::field("last", arrow::utf8()), std::nullopt},
                                    {{"point"}, arrow::field("z", arrow::int64()), "x"},
                                    {{}, arrow::field("first", arrow::float64()), ""}});
  });
  const auto schema = Latest()->schema();
  EXPECT_EQ(schema->field_names(),
            (std::vector<std::string>{"first", "id", "point", "tags", "day", "last"}));
  EXPECT_EQ(schema->field(2)->type()->field(1)->name(), "z");
  const auto add = [](NewColumn column) {
    return [column](Transaction& transaction) { return AddColumns(transaction, {column}); };
  };
  ExpectRefused(add({{}, arrow::field("ID", arrow::utf8()), std::nullopt}),
                ErrorCode::kAlreadyExists, "'ID'");
  ExpectRefused(add({{}, arrow::field("a b", arrow::utf8()), std::nullopt}),
                ErrorCode::kInvalidArgument, "'a b'");
  ExpectRefused(add({{}, arrow::field("strict", arrow::utf8(), false), std::nullopt}),
                ErrorCode::kInvalidArgument, "NOT NULL");
  ExpectRefused(add({{"nope"}, arrow::field("a", arrow::utf8()), std::nullopt}),
                ErrorCode::kNotFound, "'nope");
}

TEST_F(SchemaChange, ATimestampWithoutZoneBringsItsFeature) {
  Create({});
  Change([](Transaction& transaction) {
    return AddColumns(
        transaction,
        {{{}, arrow::field("at", arrow::timestamp(arrow::TimeUnit::MICRO)), std::nullopt}});
  });
  EXPECT_THAT(*Latest()->protocol().reader_features, Contains("timestampNtz"));
}

TEST_F(SchemaChange, RenamingAndDroppingNeedColumnMapping) {
  Create({});
  ExpectRefused([](Transaction& transaction) { return RenameColumn(transaction, {"id"}, "key"); },
                ErrorCode::kInvalidArgument, "delta.columnMapping.mode");
  ExpectRefused([](Transaction& transaction) { return DropColumns(transaction, {{"id"}}); },
                ErrorCode::kInvalidArgument, "delta.columnMapping.mode");
}

TEST_F(SchemaChange, ATableWithRowsCanTurnColumnMappingOn) {
  Create({});
  Change([](Transaction& transaction) { return SetProperties(transaction, kMapped); });
  auto snapshot = Latest();
  EXPECT_EQ(snapshot->protocol().min_reader_version, 2);
  EXPECT_EQ(snapshot->protocol().min_writer_version, 5);
  EXPECT_EQ(snapshot->PhysicalName(0), "id");
  EXPECT_EQ(Property("delta.columnMapping.maxColumnId"), "6");
  Change([](Transaction& transaction) { return RenameColumn(transaction, {"id"}, "the key"); });
  Change([](Transaction& transaction) { return RenameColumn(transaction, {"day"}, "date"); });
  Change([](Transaction& transaction) { return DropColumns(transaction, {{"point", "y"}}); });
  snapshot = Latest();
  EXPECT_EQ(snapshot->schema()->field(0)->name(), "the key");
  EXPECT_EQ(snapshot->PhysicalName(0), "id");
  EXPECT_EQ(snapshot->partition_columns(), std::vector<std::string>{"date"});
  EXPECT_EQ(snapshot->schema()->field(1)->type()->num_fields(), 1);
  // A new column of an old name is another one.
  Change([](Transaction& transaction) {
    return AddColumns(transaction, {{{}, arrow::field("id", arrow::utf8()), std::nullopt}});
  });
  EXPECT_TRUE(Latest()->PhysicalName(4).starts_with("col-"));
  EXPECT_EQ(Property("delta.columnMapping.maxColumnId"), "7");
  ExpectRefused(
      [](Transaction& transaction) {
        return SetProperties(transaction, {{"delta.columnMapping.mode", "none"}});
      },
      ErrorCode::kInvalidArgument, "delta.columnMapping.mode");
}

TEST_F(SchemaChange, ColumnsThatSomethingDependsOnStay) {
  auto configuration = kMapped;
  configuration["delta.constraints.positive"] = "`id` > 0 AND xid <> 1";
  Create(configuration);
  ExpectRefused([](Transaction& transaction) { return RenameColumn(transaction, {"id"}, "key"); },
                ErrorCode::kConflict, "'positive'");
  ExpectRefused([](Transaction& transaction) { return DropColumns(transaction, {{"ID"}}); },
                ErrorCode::kConflict, "'positive'");
  ExpectRefused([](Transaction& transaction) { return DropColumns(transaction, {{"day"}}); },
                ErrorCode::kConflict, "partitioned");
  ExpectRefused(
      [](Transaction& transaction) {
        return DropColumns(transaction, {{"point", "x"}, {"point", "y"}});
      },
      ErrorCode::kInvalidArgument, "last column");
  ExpectRefused([](Transaction& transaction) { return DropColumns(transaction, {{"nope"}}); },
                ErrorCode::kNotFound, "'nope'");
}

TEST_F(SchemaChange, TypesWidenAndSayFromWhat) {
  Create({{"delta.enableTypeWidening", "true"}});
  const auto widen = [](const ColumnPath& path, const std::shared_ptr<arrow::DataType>& type) {
    return [=](Transaction& transaction) { return ChangeColumnType(transaction, path, *type); };
  };
  Change(widen({"id"}, arrow::int64()));
  Change(widen({"point", "x"}, arrow::float64()));
  Change(widen({"tags", "value"}, arrow::int64()));
  Change(widen({"id"}, arrow::decimal128(22, 2)));
  EXPECT_EQ(*Field({"id"})->metadata()->Get("delta.typeChanges"),
            R"([{"fromType":"integer","toType":"long"},)"
            R"x({"fromType":"long","toType":"decimal(22,2)"}])x");
  EXPECT_EQ(Field({"point", "x"})->type()->ToString(), "double");
  EXPECT_EQ(*Field({"tags"})->metadata()->Get("delta.typeChanges"),
            R"([{"fromType":"integer","toType":"long","fieldPath":"value"}])");
  EXPECT_NE(
      Latest()->metadata().schema_string.find(R"("delta.typeChanges":[{"fromType":"integer")"),
      std::string::npos);
  EXPECT_THAT(*Latest()->protocol().writer_features, Contains("typeWidening"));
  ExpectRefused(widen({"point", "y"}, arrow::utf8()), ErrorCode::kInvalidArgument, "no widening");
}

TEST_F(SchemaChange, TypesStayWhereWideningIsOff) {
  Create({});
  ExpectRefused(
      [](Transaction& transaction) {
        return ChangeColumnType(transaction, {"id"}, *arrow::int64());
      },
      ErrorCode::kInvalidArgument, "delta.enableTypeWidening");
}

TEST_F(SchemaChange, RowTrackingTurnedOnGivesEveryFileItsIds) {
  Create({});
  Change([](Transaction& transaction) {
    return SetProperties(transaction, {{"delta.enableRowTracking", "true"}});
  });
  const auto snapshot = Latest();
  ASSERT_EQ(snapshot->files().size(), 1U);
  EXPECT_EQ(snapshot->files().file(0)->base_row_id, 0);
  EXPECT_EQ(snapshot->files().file(0)->default_row_commit_version, 1);
  EXPECT_EQ(snapshot->domains().at("delta.rowTracking").configuration,
            R"({"rowIdHighWaterMark":2})");
  EXPECT_THAT(*snapshot->protocol().writer_features, Contains("rowTracking"));
  EXPECT_NE(Property("delta.rowTracking.materializedRowIdColumnName"), "");
}

TEST_F(SchemaChange, ConstraintsComeAndGoByName) {
  Create({});
  const auto add = [](const std::string& name) {
    return [name](Transaction& transaction) { return AddConstraint(transaction, name, "id > 0"); };
  };
  Change(add("positive"));
  EXPECT_EQ(Property("delta.constraints.positive"), "id > 0");
  EXPECT_EQ(Latest()->protocol().min_writer_version, 3);
  ExpectRefused(add("Positive"), ErrorCode::kAlreadyExists, "id > 0");
  ExpectRefused(
      [](Transaction& transaction) {
        return SetProperties(transaction, {{"delta.constraints.other", "id > 1"}});
      },
      ErrorCode::kInvalidArgument, "constraint");
  Change([](Transaction& transaction) { return DropConstraint(transaction, "POSITIVE", false); });
  EXPECT_EQ(Property("delta.constraints.positive"), "");
  ExpectRefused(
      [](Transaction& transaction) { return DropConstraint(transaction, "positive", false); },
      ErrorCode::kNotFound, "'positive'");
}

TEST_F(SchemaChange, AConstraintDoesNotOvertakeRowsThatWereNotChecked) {
  Create({});
  auto transaction = *Transaction::Start(Latest());
  const auto operation = AddConstraint(transaction, "positive", "id > 0");
  ASSERT_TRUE(operation.ok());
  table_.Commit(1, R"({"commitInfo":{"operation":"WRITE","isBlindAppend":true}})"
                   "\n" +
                       AddLine("theirs"));
  const Status status = transaction.Commit(*operation, kNoCancel).status();
  ASSERT_NE(ConflictOf(status), nullptr) << status;
  EXPECT_EQ(ConflictOf(status)->kind(), ConflictKind::kConcurrentAppend);
}

TEST_F(SchemaChange, PropertiesAreSetAndUnset) {
  Create({});
  Change([](Transaction& transaction) {
    return SetProperties(transaction, {{"delta.enableChangeDataFeed", "true"}, {"owner", "me"}});
  });
  EXPECT_EQ(Latest()->protocol().min_writer_version, 4);
  Change([](Transaction& transaction) {
    return UnsetProperties(transaction, {"owner", "other"}, true);
  });
  EXPECT_EQ(Property("owner"), "");
  ExpectRefused(
      [](Transaction& transaction) { return UnsetProperties(transaction, {"owner"}, false); },
      ErrorCode::kNotFound, "owner");
  Change([](Transaction& transaction) { return AddFeature(transaction, "deletionVectors"); });
  EXPECT_THAT(*Latest()->protocol().reader_features, Contains("deletionVectors"));
  EXPECT_THAT(*Latest()->protocol().writer_features, Contains("changeDataFeed"));
  EXPECT_EQ(Property("delta.feature.deletionVectors"), "");
}

TEST_F(SchemaChange, NotNullDefaultsAndCommentsAreKeptInTheSchema) {
  Create({});
  Change([](Transaction& transaction) -> Result<Operation> {
    ARROW_RETURN_NOT_OK(SetNotNull(transaction, {"id"}).status());
    ARROW_RETURN_NOT_OK(SetColumnComment(transaction, {"point", "x"}, "east").status());
    return SetColumnDefault(transaction, {"id"}, "42");
  });
  EXPECT_FALSE(Field({"id"})->nullable());
  EXPECT_EQ(FieldSetting(*Field({"id"}), "CURRENT_DEFAULT"), "42");
  EXPECT_EQ(FieldSetting(*Field({"point", "x"}), "comment"), "east");
  EXPECT_THAT(*Latest()->protocol().writer_features, Contains("allowColumnDefaults"));
  Change([](Transaction& transaction) -> Result<Operation> {
    ARROW_RETURN_NOT_OK(SetColumnDefault(transaction, {"id"}, std::nullopt).status());
    return DropNotNull(transaction, {"id"});
  });
  EXPECT_TRUE(Field({"id"})->nullable());
  EXPECT_EQ(FieldSetting(*Field({"id"}), "CURRENT_DEFAULT"), std::nullopt);
}

TEST(SchemaChanges, ClusteringFollowsThePhysicalNames) {
  TestTable table;
  NewTable options;
  options.configuration = kMapped;
  const auto schema =
      arrow::schema({arrow::field("a", arrow::int64()), arrow::field("b", arrow::int64())});
  ASSERT_TRUE(CreateTable(table.location(), *schema, options).ok());
  const auto change = [&](const TableChange& edit) {
    return ChangeTable(table.location(), edit, kNoCancel).status();
  };
  ASSERT_TRUE(
      change([](auto& transaction) { return SetClusteringColumns(transaction, {{"b"}}); }).ok());
  ASSERT_TRUE(change([](auto& transaction) { return RenameColumn(transaction, {"b"}, "c"); }).ok());
  const auto transaction = *Transaction::Start(*Snapshot::Open(table.location()));
  EXPECT_EQ(transaction.FileTarget()->clustering_columns, (std::vector<ColumnPath>{{"c"}}));
  const Status dropped = change([](auto& edited) { return DropColumns(edited, {{"c"}}); });
  EXPECT_EQ(CodeOf(dropped), ErrorCode::kConflict) << dropped;
}

TEST(SchemaChanges, IdentityMarksOnlyMoveOn) {
  TestTable table;
  const auto metadata =
      arrow::key_value_metadata({{"delta.identity.start", "1"},
                                 {"delta.identity.step", "2"},
                                 {"delta.identity.allowExplicitInsert", "false"}});
  const auto schema = arrow::schema(
      {arrow::field("id", arrow::int64(), true, metadata), arrow::field("a", arrow::int64())});
  ASSERT_TRUE(CreateTable(table.location(), *schema, {}).ok());
  for (const int64_t mark : {7, 5}) {
    auto transaction = *Transaction::Start(*Snapshot::Open(table.location()));
    ASSERT_TRUE(SetIdentityMarks(transaction, {{"id", mark}}).ok());
    ASSERT_TRUE(transaction.Commit({"WRITE", {}, {}}, kNoCancel).ok());
  }
  const auto snapshot = *Snapshot::Open(table.location());
  EXPECT_NE(snapshot->metadata().schema_string.find(R"("delta.identity.highWaterMark":7)"),
            std::string::npos)
      << snapshot->metadata().schema_string;
  auto transaction = *Transaction::Start(snapshot);
  EXPECT_EQ(CodeOf(SetIdentityMarks(transaction, {{"a", 1}})), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace deltaport::delta
