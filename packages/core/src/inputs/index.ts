/** Describes inputs for prompts, and reads CSV and text files. Loads no schemas. */

export { csvRecords, guessDelimiter } from './csv.ts'
export { decodeText, isText } from './decode-text.ts'
export { describeInput, type InputFile } from './describe-input.ts'
