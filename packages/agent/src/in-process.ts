import type { Approve } from '@bailiwick/core'
import { lazySandbox } from './lazy-sandbox.ts'
import { Models } from './models.ts'

/** What an agent of this process and its delegates share: opened when it is first needed. */
export class InProcess implements AsyncDisposable {
  /** Folder that imports resolve from. */
  readonly importsFrom: string
  readonly models = new Models(process.env)
  readonly sandbox = lazySandbox()

  /** Asks a person about a call that needs approval. */
  readonly approve: Approve | undefined

  constructor(importsFrom: string, approve?: Approve) {
    this.importsFrom = importsFrom
    this.approve = approve
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]()
  }
}
