import { lazySandbox } from './lazy-sandbox.ts'
import { Models } from './models.ts'

/** What an agent of this process and its delegates share: opened when it is first needed. */
export class InProcess implements AsyncDisposable {
  /** Folder that imports resolve from. */
  readonly importsFrom: string
  readonly models = new Models(process.env)
  readonly sandbox = lazySandbox()

  constructor(importsFrom: string) {
    this.importsFrom = importsFrom
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]()
  }
}
