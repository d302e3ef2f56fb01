import { CodedError } from './coded-error.ts'

/** The command line is not usable. Light on purpose: the frame loads before zod and core do. */
export class UsageError extends CodedError {
  constructor(message: string) {
    super('bad-usage', message)
    this.name = 'UsageError'
  }
}
