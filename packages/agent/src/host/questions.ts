import type { CallDecision, ControlRequest, TaskDelivery } from '@bailiwick/bus'
import { hasCode } from '@bailiwick/contract'
import type { Approve } from '@bailiwick/core'

type PersonDecision = Omit<CallDecision, 'call'>

/** The questions of one task while this host has it. */
interface TaskQuestions {
  /** Decisions that no call has taken yet: those of the bell, and those that arrive before the code reaches its call. */
  decided: Map<string, PersonDecision>
  /** Calls that wait for a decision. */
  waiting: Map<string, (decision: PersonDecision) => void>
}

/**
 * Questions to people, and their decisions. The journal holds the questions, and the journal of the run the decisions; a
 * decision that is lost here comes again.
 */
export class Questions {
  readonly #tasks = new Map<string, TaskQuestions>()

  /** Opens the questions of a task. Dispose it when this host leaves the task. */
  open(delivery: TaskDelivery): { approve: Approve } & Disposable {
    const { task, decisions } = delivery
    const questions: TaskQuestions = {
      decided: new Map(decisions.map(({ call, ...decision }) => [call, decision])),
      waiting: new Map(),
    }
    this.#tasks.set(task, questions)
    return {
      approve: ({ id }, signal) => ask(questions, delivery, id, signal),
      [Symbol.dispose]: () => void this.#tasks.delete(task),
    }
  }

  /** Passes a decision to its call, or keeps it until the code reaches the call. @returns whether this host has the task */
  decide({ task, call, ...decision }: ControlRequest<'decide'>): boolean {
    const questions = this.#tasks.get(task)
    const resolve = questions?.waiting.get(call)
    if (resolve === undefined) questions?.decided.set(call, decision)
    else resolve(decision)
    return questions !== undefined
  }
}

/** Waits for a decision. Frees the task's slot meanwhile, because a person may take hours. */
async function ask(
  { decided, waiting }: TaskQuestions,
  delivery: TaskDelivery,
  call: string,
  signal: AbortSignal,
): Promise<PersonDecision> {
  signal.throwIfAborted()
  const known = decided.get(call)
  if (known !== undefined) return known
  const takeSlotBack = delivery.releaseSlot()
  const { promise, resolve, reject } = Promise.withResolvers<PersonDecision>()
  const giveUp = () => reject(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  waiting.set(call, resolve)
  try {
    return await promise
  } finally {
    waiting.delete(call)
    signal.removeEventListener('abort', giveUp)
    // A task that is left needs no slot any more.
    if (!hasCode(signal.reason, 'suspended')) void takeSlotBack()
  }
}
