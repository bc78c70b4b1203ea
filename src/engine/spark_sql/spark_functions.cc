// Functions of Spark SQL that have the same values in DuckDB, or a form there that has.

#include <algorithm>
#include <array>
#include <unordered_map>

#include "engine/query_sql.h"
#include "engine/spark_sql/spark_operand.h"

namespace deltaport::engine {
namespace {

using arrow::Type;

struct Called {
  const std::string& name;
  const SparkOperands& arguments;

  const SparkOperand& operator[](size_t i) const { return arguments[i]; }
  size_t size() const { return arguments.size(); }
  Status Refused() const {
    std::string types;
    for (const auto& argument : arguments) {
      types += (types.empty() ? "" : ", ") + SparkTypeName(*argument.type);
    }
    return SparkRefusal("{}({})", name, types);
  }
};

using Function = Result<SparkOperand> (*)(const Called&);

SparkOperand Value(std::string sql, SparkType type) {
  return {std::move(sql), std::move(type), nullptr};
}

// ---- Dates and times

Result<SparkOperand> DatePart(const Called& call) {
  if (call.size() != 1 || !IsMoment(*call[0].type)) return call.Refused();
  const std::string local = SparkLocalTime(call[0]);
  const bool of_day = call.name == "hour" || call.name == "minute" || call.name == "second";
  if (of_day && call[0].type->id() == Type::DATE32) return call.Refused();
  std::string part = fmt::format("{}({})", call.name, local);
  if (call.name == "dayofmonth") part = fmt::format("day({})", local);
  if (call.name == "dayofweek") part = fmt::format("(dayofweek({}) + 1)", local);
  if (call.name == "weekday") part = fmt::format("(isodow({}) - 1)", local);
  return Value(fmt::format("CAST({} AS INTEGER)", part), arrow::int32());
}

// Units of date_trunc() and trunc(), as DuckDB calls them; empty for others.
std::string_view TruncationUnit(std::string text, bool of_dates) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kDates = {
      {{"YEAR", "year"},
       {"YYYY", "year"},
       {"YY", "year"},
       {"QUARTER", "quarter"},
       {"MONTH", "month"},
       {"MM", "month"},
       {"MON", "month"},
       {"WEEK", "week"}}};
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kTimes = {
      {{"DAY", "day"},
       {"DD", "day"},
       {"HOUR", "hour"},
       {"MINUTE", "minute"},
       {"SECOND", "second"},
       {"MILLISECOND", "millisecond"},
       {"MICROSECOND", "microsecond"}}};
  for (const auto& [name, unit] : kDates) {
    if (name == text) return unit;
  }
  for (const auto& [name, unit] : kTimes) {
    if (name == text && !of_dates) return unit;
  }
  return "";
}

Result<SparkOperand> DateTrunc(const Called& call) {
  if (call.size() != 2 || call[0].literal == nullptr || !IsMoment(*call[1].type)) {
    return call.Refused();
  }
  const auto unit = TruncationUnit(call[0].literal->text, false);
  if (unit.empty() || !IsTextType(*call[0].type)) return call.Refused();
  return Value(fmt::format("timezone('UTC', date_trunc('{}', CAST({} AS TIMESTAMP)))", unit,
                           SparkLocalTime(call[1])),
               arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"));
}

Result<SparkOperand> Trunc(const Called& call) {
  if (call.size() != 2 || call[1].literal == nullptr || call[0].type->id() != Type::DATE32) {
    return call.Refused();
  }
  const auto unit = TruncationUnit(call[1].literal->text, true);
  if (unit.empty() || !IsTextType(*call[1].type)) return call.Refused();
  return Value(fmt::format("CAST(date_trunc('{}', {}) AS DATE)", unit, call[0].sql),
               arrow::date32());
}

Result<SparkOperand> DateAdd(const Called& call) {
  if (call.size() != 2 || !IsMoment(*call[0].type) || !IsIntegral(*call[1].type) ||
      call[1].type->id() == Type::INT64) {
    return call.Refused();
  }
  ARROW_ASSIGN_OR_RAISE(const auto date, CastSpark(call[0], arrow::date32()));
  ARROW_ASSIGN_OR_RAISE(const auto days, CastSpark(call[1], arrow::int32()));
  return Value(fmt::format("({} {} {})", date.sql, call.name == "date_sub" ? "-" : "+", days.sql),
               arrow::date32());
}

Result<SparkOperand> DateDiff(const Called& call) {
  if (call.size() != 2 || !IsMoment(*call[0].type) || !IsMoment(*call[1].type)) {
    return call.Refused();
  }
  ARROW_ASSIGN_OR_RAISE(const auto end, CastSpark(call[0], arrow::date32()));
  ARROW_ASSIGN_OR_RAISE(const auto start, CastSpark(call[1], arrow::date32()));
  return Value(fmt::format("CAST(date_diff('day', {}, {}) AS INTEGER)", start.sql, end.sql),
               arrow::int32());
}

Result<SparkOperand> LastDay(const Called& call) {
  if (call.size() != 1 || !IsMoment(*call[0].type)) return call.Refused();
  ARROW_ASSIGN_OR_RAISE(const auto date, CastSpark(call[0], arrow::date32()));
  return Value(fmt::format("last_day({})", date.sql), arrow::date32());
}

Result<SparkOperand> MakeDate(const Called& call) {
  if (call.size() != 3) return call.Refused();
  std::string numbers;
  for (const auto& argument : call.arguments) {
    if (!IsIntegral(*argument.type) || argument.type->id() == Type::INT64) return call.Refused();
    ARROW_ASSIGN_OR_RAISE(const auto number, CastSpark(argument, arrow::int64()));
    numbers += (numbers.empty() ? "" : ", ") + number.sql;
  }
  return Value(fmt::format("make_date({})", numbers), arrow::date32());
}

// Whole seconds towards 1970, unlike a cast, which rounds down.
Result<SparkOperand> UnixTime(const Called& call) {
  if (call.size() != 1 || !IsZoned(*call[0].type)) return call.Refused();
  return Value(fmt::format("(epoch_us({}) // 1000000)", call[0].sql), arrow::int64());
}

Result<SparkOperand> DateFormat(const Called& call) {
  return call.size() == 2 ? SparkDateFormat(call[0], call[1]) : call.Refused();
}

Result<SparkOperand> Clock(const Called& call) {
  if (call.size() != 0) return call.Refused();
  if (call.name == "current_date" || call.name == "curdate") {
    return Value("CAST(timezone('UTC', get_current_timestamp()) AS DATE)", arrow::date32());
  }
  if (call.name == "localtimestamp") {
    return Value("timezone('UTC', get_current_timestamp())",
                 arrow::timestamp(arrow::TimeUnit::MICRO));
  }
  return Value("get_current_timestamp()", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"));
}

Result<SparkOperand> Uuid(const Called& call) {
  if (call.size() != 0) return call.Refused();
  return Value("CAST(uuid() AS VARCHAR)", arrow::utf8());
}

// ---- Text

// The value of an integer literal of up to 9 digits.
std::optional<int64_t> SmallInteger(const SparkOperand& value) {
  if (value.literal == nullptr || !IsIntegral(*value.type) || value.literal->text.size() > 10) {
    return std::nullopt;
  }
  return std::stoll(value.literal->text);
}

Result<SparkOperand> Substring(const Called& call) {
  if (call.size() < 2 || call.size() > 3 || !IsTextType(*call[0].type)) return call.Refused();
  const auto position = SmallInteger(call[1]);
  const auto length = call.size() == 3 ? SmallInteger(call[2]) : INT32_MAX;
  if (!position || !length) return call.Refused();
  const std::string& text = call[0].sql;
  const int64_t count = std::max<int64_t>(*length, 0);
  if (*position >= 0) {
    return Value(fmt::format("substring({}, {}, {})", text, std::max<int64_t>(*position, 1), count),
                 arrow::utf8());
  }
  // From the end; what lies before the start of the text takes from the length.
  const auto start = fmt::format("(length({}) + ({}))", text, *position);
  return Value(fmt::format("substring({0}, greatest({1}, 0) + 1, "
                           "greatest({1} + {2} - greatest({1}, 0), 0))",
                           text, start, count),
               arrow::utf8());
}

Result<SparkOperand> Side(const Called& call) {
  if (call.size() != 2 || !IsTextType(*call[0].type)) return call.Refused();
  const auto length = SmallInteger(call[1]);
  if (!length) return call.Refused();
  return Value(fmt::format("{}({}, {})", call.name == "left" ? "left" : "right", call[0].sql,
                           std::max<int64_t>(*length, 0)),
               arrow::utf8());
}

Result<SparkOperand> Length(const Called& call) {
  if (call.size() != 1) return call.Refused();
  const bool bytes = call[0].type->id() == Type::BINARY;
  if (!bytes && !IsTextType(*call[0].type)) return call.Refused();
  const auto function = bytes ? "octet_length" : call.name == "octet_length" ? "strlen" : "length";
  return Value(fmt::format("CAST({}({}) AS INTEGER)", function, call[0].sql), arrow::int32());
}

// Letters outside of ASCII are an error: the engines' tables of them are not the same.
Result<SparkOperand> LetterCase(const Called& call) {
  if (call.size() != 1 || !IsTextType(*call[0].type)) return call.Refused();
  const bool upper = call.name == "upper" || call.name == "ucase";
  const std::string& text = call[0].sql;
  return Value(fmt::format("CASE WHEN length({0}) < strlen({0}) THEN {1} ELSE {2}({0}) END", text,
                           SparkFailure(call.name + " of letters outside of ASCII"),
                           upper ? "upper" : "lower"),
               arrow::utf8());
}

Result<SparkOperand> Trim(const Called& call) {
  if (call.size() != 1 || !IsTextType(*call[0].type)) return call.Refused();
  return Value(fmt::format("{}({}, ' ')", call.name, call[0].sql), arrow::utf8());
}

Result<SparkOperand> Concat(const Called& call) {
  if (call.size() == 0) return call.Refused();
  std::string sql;
  for (const auto& argument : call.arguments) {
    if (!IsTextType(*argument.type) && !IsIntegral(*argument.type) && !IsMoment(*argument.type)) {
      return call.Refused();
    }
    ARROW_ASSIGN_OR_RAISE(const auto text, CastSpark(argument, arrow::utf8()));
    sql += (sql.empty() ? "" : " || ") + text.sql;
  }
  return Value("(" + sql + ")", arrow::utf8());
}

Result<SparkOperand> Digest(const Called& call) {
  const bool md5 = call.name == "md5";
  const auto bits = md5 || call.size() != 2 ? std::nullopt : SmallInteger(call[1]);
  if (call.size() != (md5 ? 1 : 2) || !IsTextType(*call[0].type) || (!md5 && bits != 256)) {
    return call.Refused();
  }
  return Value(fmt::format("{}({})", md5 ? "md5" : "sha256", call[0].sql), arrow::utf8());
}

Result<SparkOperand> StartsWith(const Called& call) {
  if (call.size() != 2 || !IsTextType(*call[0].type) || !IsTextType(*call[1].type))
    return call.Refused();
  const auto function = call.name == "startswith" ? "starts_with"
                        : call.name == "endswith" ? "ends_with"
                                                  : "contains";
  return Value(fmt::format("{}({}, {})", function, call[0].sql, call[1].sql), arrow::boolean());
}

// ---- Numbers

Result<SparkOperand> Absolute(const Called& call) {
  if (call.size() != 1 || !IsNumeric(*call[0].type)) return call.Refused();
  return Value(fmt::format("abs({})", call[0].sql), call[0].type);
}

Result<SparkOperand> Rounded(const Called& call) {
  if (call.size() != 1 || !IsNumeric(*call[0].type)) return call.Refused();
  if (IsIntegral(*call[0].type)) return CastSpark(call[0], arrow::int64());
  const auto rounded = fmt::format("{}({})", call.name == "floor" ? "floor" : "ceil", call[0].sql);
  if (call[0].type->id() == Type::DECIMAL128) {
    const auto& decimal = static_cast<const arrow::Decimal128Type&>(*call[0].type);
    const auto type = arrow::decimal128(std::min(38, decimal.precision() - decimal.scale() + 1), 0);
    return Value(fmt::format("CAST({} AS {})", rounded, DuckDbTypeName(*type)), type);
  }
  return Value(fmt::format("CAST({} AS BIGINT)", rounded), arrow::int64());
}

Result<SparkOperand> SquareRoot(const Called& call) {
  if (call.size() != 1 || !IsNumeric(*call[0].type)) return call.Refused();
  ARROW_ASSIGN_OR_RAISE(const auto value, CastSpark(call[0], arrow::float64()));
  return Value(
      fmt::format("CASE WHEN {0} < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt({0}) END", value.sql),
      arrow::float64());
}

Result<SparkOperand> Modulo(const Called& call) {
  return call.size() == 2 ? SparkBinary("%", call[0], call[1]) : call.Refused();
}

Result<SparkOperand> IsNan(const Called& call) {
  if (call.size() != 1 || !IsFraction(*call[0].type)) return call.Refused();
  return Value(fmt::format("coalesce(isnan({}), false)", call[0].sql), arrow::boolean());
}

// ---- Choice

Result<SparkType> CommonTypeOf(const Called& call, size_t first) {
  SparkType type = arrow::null();
  for (size_t i = first; i < call.size(); ++i) {
    type = SparkCommonType(type, call[i].type);
    if (type == nullptr || arrow::is_nested(type->id())) return call.Refused();
  }
  return type;
}

Result<SparkOperand> Choice(const Called& call) {
  if (call.size() == 0) return call.Refused();
  ARROW_ASSIGN_OR_RAISE(const auto type, CommonTypeOf(call, 0));
  const bool two = call.name == "nvl" || call.name == "ifnull" || call.name == "nullif";
  if (two && call.size() != 2) return call.Refused();
  std::string arguments;
  for (const auto& argument : call.arguments) {
    ARROW_ASSIGN_OR_RAISE(const auto value, CastSpark(argument, type));
    arguments += (arguments.empty() ? "" : ", ") + value.sql;
  }
  const auto function = call.name == "greatest" || call.name == "least" ? call.name : "coalesce";
  return Value(fmt::format("{}({})", function, arguments), type);
}

Result<SparkOperand> NullIf(const Called& call) {
  if (call.size() != 2) return call.Refused();
  ARROW_ASSIGN_OR_RAISE(const auto equal, SparkBinary("=", call[0], call[1]));
  return Value(fmt::format("CASE WHEN {} THEN NULL ELSE {} END", equal.sql, call[0].sql),
               call[0].type);
}

Result<SparkOperand> If(const Called& call) {
  if (call.size() != 3 || call[0].type->id() != Type::BOOL) return call.Refused();
  ARROW_ASSIGN_OR_RAISE(const auto type, CommonTypeOf(call, 1));
  ARROW_ASSIGN_OR_RAISE(const auto yes, CastSpark(call[1], type));
  ARROW_ASSIGN_OR_RAISE(const auto no, CastSpark(call[2], type));
  return Value(fmt::format("CASE WHEN {} THEN {} ELSE {} END", call[0].sql, yes.sql, no.sql), type);
}

Result<SparkOperand> NullTest(const Called& call) {
  if (call.size() != 1) return call.Refused();
  const auto test = call.name == "isnull" ? "IS NULL" : "IS NOT NULL";
  return Value(fmt::format("({} {})", call[0].sql, test), arrow::boolean());
}

// `date(x)` is `CAST(x AS DATE)`.
Result<SparkOperand> CastByName(const Called& call) {
  static const std::unordered_map<std::string_view, SparkType> kTypes = {
      {"boolean", arrow::boolean()},
      {"tinyint", arrow::int8()},
      {"smallint", arrow::int16()},
      {"int", arrow::int32()},
      {"bigint", arrow::int64()},
      {"float", arrow::float32()},
      {"double", arrow::float64()},
      {"string", arrow::utf8()},
      {"binary", arrow::binary()},
      {"date", arrow::date32()},
      {"to_date", arrow::date32()},
      {"timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {"to_timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")}};
  if (call.size() != 1) return call.Refused();
  return CastSpark(call[0], kTypes.at(call.name));
}

const std::unordered_map<std::string_view, Function>& Functions() {
  static const std::unordered_map<std::string_view, Function> kFunctions = {
      {"year", DatePart},
      {"quarter", DatePart},
      {"month", DatePart},
      {"day", DatePart},
      {"dayofmonth", DatePart},
      {"dayofweek", DatePart},
      {"dayofyear", DatePart},
      {"weekday", DatePart},
      {"weekofyear", DatePart},
      {"hour", DatePart},
      {"minute", DatePart},
      {"second", DatePart},
      {"date_trunc", DateTrunc},
      {"trunc", Trunc},
      {"date_add", DateAdd},
      {"dateadd", DateAdd},
      {"date_sub", DateAdd},
      {"datediff", DateDiff},
      {"date_diff", DateDiff},
      {"last_day", LastDay},
      {"make_date", MakeDate},
      {"unix_timestamp", UnixTime},
      {"to_unix_timestamp", UnixTime},
      {"date_format", DateFormat},
      {"current_date", Clock},
      {"curdate", Clock},
      {"current_timestamp", Clock},
      {"now", Clock},
      {"localtimestamp", Clock},
      {"uuid", Uuid},
      {"substring", Substring},
      {"substr", Substring},
      {"left", Side},
      {"right", Side},
      {"length", Length},
      {"char_length", Length},
      {"character_length", Length},
      {"len", Length},
      {"octet_length", Length},
      {"upper", LetterCase},
      {"ucase", LetterCase},
      {"lower", LetterCase},
      {"lcase", LetterCase},
      {"trim", Trim},
      {"ltrim", Trim},
      {"rtrim", Trim},
      {"concat", Concat},
      {"md5", Digest},
      {"sha2", Digest},
      {"startswith", StartsWith},
      {"endswith", StartsWith},
      {"contains", StartsWith},
      {"abs", Absolute},
      {"ceil", Rounded},
      {"ceiling", Rounded},
      {"floor", Rounded},
      {"sqrt", SquareRoot},
      {"mod", Modulo},
      {"isnan", IsNan},
      {"coalesce", Choice},
      {"nvl", Choice},
      {"ifnull", Choice},
      {"greatest", Choice},
      {"least", Choice},
      {"nullif", NullIf},
      {"if", If},
      {"isnull", NullTest},
      {"isnotnull", NullTest},
      {"boolean", CastByName},
      {"tinyint", CastByName},
      {"smallint", CastByName},
      {"int", CastByName},
      {"bigint", CastByName},
      {"float", CastByName},
      {"double", CastByName},
      {"string", CastByName},
      {"binary", CastByName},
      {"date", CastByName},
      {"to_date", CastByName},
      {"timestamp", CastByName},
      {"to_timestamp", CastByName}};
  return kFunctions;
}

}  // namespace

Result<SparkOperand> SparkFunction(const std::string& name, const SparkOperands& arguments) {
  const auto found = Functions().find(name);
  if (found == Functions().end()) return SparkRefusal("the function {}", name);
  return found->second({name, arguments});
}

}  // namespace deltaport::engine
