/** Describes inputs for prompts, and reads CSV, JSON and text files. Loads no schemas. */

export type { Cell, Column, ColumnType } from './column-type.ts'
export { CsvParser, csvRecords, guessDelimiter, MAX_RECORD_CHARS } from './csv.ts'
export {
  decodePieces,
  decodeText,
  isText,
  markedEncoding,
  NotUtf8Error,
  type TextEncoding,
} from './decode-text.ts'
export {
  describeFile,
  describeStored,
  type FileBeginning,
  MAX_END_BYTES,
  MAX_READ_BYTES,
} from './describe-file.ts'
export { describeInput, fileOf, type InputFile } from './describe-input.ts'
export { columnInSql, tableNames } from './table-names.ts'
export { type RawRow, type TableParser, tableParser } from './table-parser.ts'
export { queryNames, type TaskFile, taskFiles, type WrittenFile } from './task-files.ts'
