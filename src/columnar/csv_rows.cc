#include "columnar/csv_rows.h"

#include "columnar/csv_text.h"
#include "columnar/row_block.h"

namespace deltaport::columnar {

void AppendCsvHeader(const arrow::Schema& schema, std::string& out) {
  for (int i = 0; i < schema.num_fields(); ++i) {
    if (i > 0) out += ',';
    AppendCsvText(schema.field(i)->name(), out);
  }
  out += "\r\n";
}

Status AppendCsvRows(const arrow::RecordBatch& batch, std::string& out) {
  RowFrame frame{.before = std::vector<std::string>(batch.num_columns(), ","), .after = "\r\n"};
  if (!frame.before.empty()) frame.before[0] = "";
  return RowBlockWriter(std::move(frame), TextFormat::kCsv).Append(batch, out);
}

}  // namespace deltaport::columnar
