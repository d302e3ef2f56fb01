/** What a prompt says of an input instead of the input. Pure. */

export { describeInput, type InputFile } from './describe-input.ts'
