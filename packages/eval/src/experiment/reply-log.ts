import { createHash } from 'node:crypto'
import type { Model, ModelReply, ModelRequest } from '@bailiwick/contract'
import { LineLog } from './line-log.ts'

interface ReplyLine {
  attempt: string
  request: string
  reply: ModelReply
}

/**
 * Replies of models for attempts that have not ended. If the process dies, the next one gets them from here, so that
 * no reply is paid for twice.
 */
export class ReplyLog implements Disposable {
  readonly #log: LineLog
  /** Unused replies of earlier processes by attempt and request. */
  readonly #known = new Map<string, ReplyLine[]>()

  private constructor(log: LineLog) {
    this.#log = log
  }

  /** @param isOpen whether an attempt has no result yet. Only the replies of such attempts are kept */
  static async open(path: string, isOpen: (attempt: string) => boolean): Promise<ReplyLog> {
    const replies = new ReplyLog(new LineLog(path))
    for await (const row of replies.#log.read()) {
      const line = row as ReplyLine
      if (!isOpen(line.attempt)) continue
      const lines = replies.#known.get(line.attempt)
      if (lines === undefined) replies.#known.set(line.attempt, [line])
      else lines.push(line)
    }
    return replies
  }

  /** A model that asks for each reply of an attempt once. */
  modelOf(model: Model, attempt: string): Model {
    const known = this.#known.get(attempt) ?? []
    this.#known.delete(attempt)
    const log = this.#log
    return {
      id: model.id,
      async *generate(request, options) {
        const digest = digestOf(request)
        const index = known.findIndex((line) => line.request === digest)
        const [paid] = index < 0 ? [] : known.splice(index, 1)
        if (paid !== undefined) {
          yield { type: 'reply', reply: paid.reply }
          return
        }
        for await (const event of model.generate(request, options)) {
          if (event.type === 'reply')
            log.append({ attempt, request: digest, reply: event.reply } satisfies ReplyLine)
          yield event
        }
      },
    }
  }

  /** Forgets all replies: every attempt has its result. */
  clear(): void {
    this.#log.clear()
    this.#known.clear()
  }

  [Symbol.dispose](): void {
    this.#log[Symbol.dispose]()
  }
}

/** Digest of what a model sees. Bounds on the reply's cost and length depend on the time, so they are left out. */
function digestOf({ messages, tools, output }: ModelRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([messages, tools ?? [], output ?? null]))
    .digest('base64url')
}
