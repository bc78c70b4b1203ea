#include "lake/write/row_rules.h"

#include <limits>
#include <map>
#include <string>
#include <vector>

#include <arrow/builder.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "columnar/delta_schema.h"
#include "lake/write/identity_values.h"

namespace deltaport::lake {
namespace {

using testing::HasSubstr;

using Notes = std::map<std::string, std::string>;

std::shared_ptr<arrow::Field> Column(const std::string& name,
                                     const std::shared_ptr<arrow::DataType>& type,
                                     const Notes& notes = {}, bool nullable = true) {
  std::vector<std::string> keys;
  std::vector<std::string> values;
  for (const auto& [key, value] : notes) {
    keys.push_back(key);
    values.push_back(value);
  }
  return arrow::field(name, type, nullable, arrow::key_value_metadata(keys, values));
}

class RowRulesTest : public testing::Test {
 protected:
  void SetTable(arrow::FieldVector columns, const Notes& properties = {}) {
    schema_ = arrow::schema(std::move(columns));
    metadata_.schema_string = *columnar::SchemaToDeltaJson(*schema_);
    metadata_.configuration = properties;
  }

  // The rows of the table after the rules, or the error.
  Result<std::shared_ptr<arrow::Table>> Apply(const arrow::FieldVector& columns,
                                              const std::string& rows,
                                              const RowRuleOptions& options = {}) {
    const auto schema = arrow::schema(columns);
    ARROW_ASSIGN_OR_RAISE(const auto array,
                          arrow::json::ArrayFromJSONString(arrow::struct_(columns), rows));
    const auto& records = static_cast<const arrow::StructArray&>(*array);
    const auto batch = arrow::RecordBatch::Make(schema, records.length(), records.fields());
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::RecordBatchReader::Make({batch}, schema));
    ARROW_ASSIGN_OR_RAISE(const auto ruled, ApplyRowRules(*engine_, metadata_, schema_, reader,
                                                          options, CancelToken()));
    ARROW_ASSIGN_OR_RAISE(auto table, ruled->ToTable());
    ARROW_ASSIGN_OR_RAISE(new_metadata_, ruled->NewMetadata());
    return table;
  }

  std::string Message(const arrow::FieldVector& columns, const std::string& rows,
                      const RowRuleOptions& options = {}) {
    const auto applied = Apply(columns, rows, options);
    return applied.ok() ? "fine" : applied.status().message();
  }

  // One column as text: "[1,2,null]".
  static std::string Values(const arrow::Table& table, const std::string& column) {
    std::string text;
    const auto values = table.GetColumnByName(column);
    if (values == nullptr) return "missing";
    for (int64_t row = 0; row < values->length(); ++row) {
      const auto scalar = *values->GetScalar(row);
      text += (row == 0 ? "" : ",") + (scalar->is_valid ? scalar->ToString() : "null");
    }
    return text;
  }

  std::unique_ptr<engine::QueryEngine> engine_ = *engine::MakeDuckDbEngine({});
  std::shared_ptr<arrow::Schema> schema_;
  delta::Metadata metadata_;
  std::optional<delta::Metadata> new_metadata_;
};

TEST_F(RowRulesTest, WithoutRulesRowsPassUntouched) {
  SetTable({Column("a", arrow::int64()), Column("b", arrow::utf8())});
  const auto table =
      *Apply({Column("b", arrow::utf8()), Column("a", arrow::int64())}, R"([{"a": 1, "b": "x"}])");
  EXPECT_EQ(table->schema()->field_names(), (std::vector<std::string>{"b", "a"}));
  EXPECT_FALSE(new_metadata_);
}

TEST_F(RowRulesTest, MissingColumnsAreNullOrRefused) {
  SetTable({Column("a", arrow::int64()),
            Column("s", arrow::struct_({arrow::field("x", arrow::int32())}))});
  const auto table = *Apply({Column("a", arrow::int64())}, R"([{"a": 1}])");
  EXPECT_EQ(Values(*table, "s"), "null");
  SetTable({Column("a", arrow::int64()), Column("b", arrow::int64(), {}, false)});
  EXPECT_THAT(Message({Column("a", arrow::int64())}, R"([{"a": 1}])"),
              HasSubstr("missing column 'b' (long), which may not be null and has no default"));
  EXPECT_THAT(Message({Column("a", arrow::int64()), Column("c", arrow::int64())}, "[]"),
              HasSubstr("missing column 'b'"));
}

TEST_F(RowRulesTest, NullsWhereNoneMayBeShowARow) {
  SetTable({Column("a", arrow::int64()), Column("b", arrow::int64(), {}, false),
            Column("c", arrow::utf8())});
  EXPECT_THAT(Message({schema_->field(0), schema_->field(1)->WithNullable(true)},
                      R"([{"a": 1, "b": 2}, {"a": 7, "b": null}])"),
              HasSubstr("column 'b' is NOT NULL, but a row has a null there: (b = null, a = 7"));
}

TEST_F(RowRulesTest, ConstraintsMustBeTrue) {
  SetTable({Column("id", arrow::int64()), Column("name", arrow::utf8())},
           {{"delta.constraints.positive", "id > 0"},
            {"delta.constraints.named", "name IS NULL OR length(`name`) < 5"}});
  EXPECT_EQ(Values(**Apply(schema_->fields(), R"([{"id": 1, "name": "a"}, {"id": 2}])"), "id"),
            "1,2");
  EXPECT_THAT(Message(schema_->fields(), R"([{"id": 1}, {"id": 0, "name": "x"}])"),
              HasSubstr("the constraint 'positive' (`id > 0`) does not hold for the row (id = 0, "
                        "name = x)"));
  EXPECT_THAT(Message(schema_->fields(), R"([{"id": null}])"),
              HasSubstr("the constraint 'positive' (`id > 0`) does not hold for the row (id = "
                        "null"));
  EXPECT_THAT(Message(schema_->fields(), R"([{"id": 1, "name": "abcde"}])"),
              HasSubstr("the constraint 'named'"));
}

TEST_F(RowRulesTest, ConstraintsThatCannotBeEvaluatedAreRefusedWithTheirName) {
  SetTable({Column("id", arrow::int64())}, {{"delta.constraints.odd", "hash(id) = 1"}});
  const auto refused = Apply(schema_->fields(), R"([{"id": 1}])").status();
  EXPECT_EQ(CodeOf(refused), ErrorCode::kUnsupportedFeature);
  EXPECT_THAT(refused.message(), HasSubstr("the constraint 'odd': in the expression `hash(id) = "
                                           "1`: the function hash at character 1"));
}

TEST_F(RowRulesTest, ErrorsOfEvaluationAreThoseOfTheRows) {
  SetTable({Column("id", arrow::int64())}, {{"delta.constraints.c", "10 / id > 1"}});
  const auto failed = Apply(schema_->fields(), R"([{"id": 0}])").status();
  EXPECT_EQ(CodeOf(failed), ErrorCode::kInvalidArgument);
  EXPECT_THAT(failed.message(), HasSubstr("a rule of the table cannot be evaluated for a row"));
  EXPECT_THAT(failed.message(), HasSubstr("division by zero"));
}

TEST_F(RowRulesTest, LegacyInvariantsAreChecked) {
  SetTable({Column("id", arrow::int64(),
                   {{"delta.invariants", R"({"expression":{"expression":"id < 10"}})"}})});
  EXPECT_THAT(Message(schema_->fields(), R"([{"id": 10}])"),
              HasSubstr("the invariant of column 'id' (`id < 10`) does not hold"));
  SetTable({Column("id", arrow::int64(), {{"delta.invariants", "{}"}})});
  EXPECT_EQ(CodeOf(Apply(schema_->fields(), "[]").status()), ErrorCode::kCorruptTable);
}

TEST_F(RowRulesTest, DefaultsFillMissingColumnsOnly) {
  SetTable({Column("id", arrow::int64()),
            Column("n", arrow::decimal128(10, 2), {{"CURRENT_DEFAULT", "5"}}),
            Column("s", arrow::utf8(), {{"CURRENT_DEFAULT", "'it\\'s'"}}),
            Column("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                   {{"CURRENT_DEFAULT", "current_timestamp()"}})});
  const auto filled = *Apply({schema_->field(0)}, R"([{"id": 1}, {"id": 2}])");
  EXPECT_EQ(Values(*filled, "n"), "5.00,5.00");
  EXPECT_EQ(Values(*filled, "s"), "it's,it's");
  EXPECT_EQ(filled->GetColumnByName("at")->null_count(), 0);
  const auto given = *Apply({schema_->field(0), schema_->field(2)}, R"([{"id": 1, "s": null}])");
  EXPECT_EQ(Values(*given, "s"), "null");
}

TEST_F(RowRulesTest, GeneratedColumnsAreComputedOrCompared) {
  SetTable({Column("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                   {{"CURRENT_DEFAULT", "TIMESTAMP'2020-02-29 23:59:59'"}}),
            Column("day", arrow::date32(), {{"delta.generationExpression", "CAST(at AS DATE)"}}),
            Column("id", arrow::int64())});
  const auto computed = *Apply({schema_->field(0), schema_->field(2)},
                               R"([{"at": "2021-05-06 01:02:03"}, {"at": null}])");
  EXPECT_EQ(Values(*computed, "day"), "2021-05-06,null");
  EXPECT_EQ(Values(**Apply({schema_->field(2)}, R"([{"id": 1}])"), "day"), "2020-02-29");
  EXPECT_EQ(Message(schema_->fields(), R"([{"at": "2021-05-06 01:02:03", "day": 18753},
                                           {"at": null, "day": null}])"),
            "fine");
  EXPECT_THAT(Message(schema_->fields(), R"([{"at": "2021-05-06 01:02:03", "day": 18754}])"),
              HasSubstr("the generated column 'day' is not `CAST(at AS DATE)` in the row (day = "
                        "2021-05-07, at = 2021-05-06 01:02:03"));
  RowRuleOptions rewrites;
  rewrites.rewrites_rows = true;
  const auto anew =
      *Apply(schema_->fields(), R"([{"at": "2021-05-06 01:02:03", "day": 0}])", rewrites);
  EXPECT_EQ(Values(*anew, "day"), "2021-05-06");
}

TEST_F(RowRulesTest, ConstraintsSeeFilledColumns) {
  SetTable({Column("id", arrow::int64()),
            Column("twice", arrow::int64(), {{"delta.generationExpression", "id * 2"}})},
           {{"delta.constraints.small", "twice < 10"}});
  EXPECT_EQ(Message({schema_->field(0)}, R"([{"id": 4}])"), "fine");
  EXPECT_THAT(Message({schema_->field(0)}, R"([{"id": 5}])"),
              HasSubstr("the constraint 'small' (`twice < 10`) does not hold for the row (twice = "
                        "10, id = 5)"));
}

Notes Identity(const std::string& start, const std::string& step, bool explicit_values) {
  return {{kIdentityStartKey, start},
          {kIdentityStepKey, step},
          {kIdentityExplicitKey, explicit_values ? "true" : "false"}};
}

TEST_F(RowRulesTest, IdentityColumnsCountOnFromTheMark) {
  auto notes = Identity("10", "5", false);
  SetTable({Column("id", arrow::int64(), notes, false), Column("a", arrow::int32())});
  const auto first = *Apply({schema_->field(1)}, R"([{"a": 1}, {"a": 2}])");
  EXPECT_EQ(Values(*first, "id"), "10,15");
  ASSERT_TRUE(new_metadata_);
  EXPECT_THAT(new_metadata_->schema_string, HasSubstr(R"("delta.identity.highWaterMark":15)"));
  EXPECT_THAT(new_metadata_->schema_string,
              HasSubstr(R"("delta.identity.allowExplicitInsert":false)"));
  const auto changed = *new_metadata_;
  schema_ = *columnar::SchemaFromDeltaJson(changed.schema_string);
  metadata_ = changed;
  EXPECT_EQ(Values(**Apply({schema_->field(1)}, R"([{"a": 1}])"), "id"), "20");
  Apply({schema_->field(1)}, "[]").ValueOrDie();
  EXPECT_FALSE(new_metadata_) << "nothing was counted";
}

TEST_F(RowRulesTest, GivenValuesOfIdentityColumns) {
  SetTable({Column("id", arrow::int64(), Identity("1", "1", false), false)});
  EXPECT_THAT(Message(schema_->fields(), R"([{"id": 7}])"),
              HasSubstr("the identity column 'id' is always generated"));
  RowRuleOptions rewrites;
  rewrites.rewrites_rows = true;
  const auto nullable = schema_->field(0)->WithNullable(true);
  EXPECT_EQ(Values(**Apply({nullable}, R"([{"id": 7}, {"id": null}])", rewrites), "id"), "7,1");
  SetTable({Column("id", arrow::int64(), Identity("1", "1", true), false)});
  EXPECT_EQ(Values(**Apply({nullable}, R"([{"id": 7}])"), "id"), "7");
  EXPECT_FALSE(new_metadata_) << "values that rows bring do not move the mark";
}

TEST_F(RowRulesTest, LengthsOfTextAreKept) {
  SetTable({Column("v", arrow::utf8(), {{kTextTypeKey, "varchar(3)"}}),
            Column("c", arrow::utf8(), {{kTextTypeKey, "char(3)"}})});
  const auto kept = *Apply(schema_->fields(), R"([{"v": "ab", "c": "a"}, {"v": "abc  ", "c": "é"},
                                                  {"v": null, "c": null}])");
  EXPECT_EQ(Values(*kept, "v"), "ab,abc,null");
  EXPECT_EQ(Values(*kept, "c"), "a  ,é  ,null");
  EXPECT_THAT(Message(schema_->fields(), R"([{"v": "abcd"}])"),
              HasSubstr("column 'v' is varchar(3), too short for the row (v = abcd"));
  SetTable({Column("v", arrow::list(arrow::utf8()), {{kTextTypeKey, "array<varchar(3)>"}})});
  EXPECT_EQ(CodeOf(Apply(schema_->fields(), "[]").status()), ErrorCode::kUnsupportedFeature);
}

TEST_F(RowRulesTest, MoreChecksAndExtraColumns) {
  SetTable({Column("id", arrow::int64())});
  RowRuleOptions options;
  options.extra_columns = {arrow::field("_row_id", arrow::int64())};
  options.more_checks.push_back(*ParseConstraint("mine", "id < 5", *schema_));
  const arrow::FieldVector columns = {schema_->field(0), options.extra_columns[0]};
  EXPECT_EQ(Values(**Apply(columns, R"([{"id": 1, "_row_id": 9}])", options), "_row_id"), "9");
  EXPECT_THAT(Message(columns, R"([{"id": 6, "_row_id": 9}])", options),
              HasSubstr("the constraint 'mine'"));
}

TEST_F(RowRulesTest, NestedTypesPassTheEngineUnchanged) {
  const auto nested =
      arrow::struct_({arrow::field("l", arrow::list(arrow::field("element", arrow::int32()))),
                      arrow::field("d", arrow::decimal128(20, 3))});
  SetTable({Column("id", arrow::int64()), Column("n", nested), Column("b", arrow::binary())},
           {{"delta.constraints.c", "n.d > 0"}});
  const auto table =
      *Apply(schema_->fields(), R"([{"id": 1, "n": {"l": [1, null], "d": "1.500"}, "b": "xy"}])");
  EXPECT_THAT(Values(*table, "n"), HasSubstr("[1, null], d:decimal128(20, 3) = 1.500}"));
}

TEST(IdentityValuesTest, CountInBothDirectionsUpToTheEndOfTheType) {
  IdentityValues down({"id", 0, -3, std::nullopt, false});
  EXPECT_EQ((*down.Next(3))->ToString(), "[\n  0,\n  -3,\n  -6\n]");
  EXPECT_EQ(down.high_water_mark(), -6);
  IdentityValues behind({"id", 100, 10, 5, false});  // The mark lies before the start.
  EXPECT_EQ((*behind.Next(1))->ToString(), "[\n  100\n]");
  IdentityValues between({"id", 1, 10, 25, false});
  EXPECT_EQ((*between.Next(1))->ToString(), "[\n  31\n]");
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  IdentityValues full({"id", kMax - 1, 1, std::nullopt, false});
  EXPECT_TRUE(full.Next(2).ok());
  EXPECT_EQ(full.high_water_mark(), kMax);
  const auto over = full.Next(1).status();
  EXPECT_EQ(CodeOf(over), ErrorCode::kResourceExhausted);
  EXPECT_THAT(over.message(), HasSubstr("'id' has no values left after 9223372036854775807"));
  IdentityValues used({"id", 1, 1, kMax, false});
  EXPECT_FALSE(used.Next(1).ok());
}

}  // namespace
}  // namespace deltaport::lake
