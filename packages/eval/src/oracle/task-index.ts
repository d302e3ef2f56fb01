/** Finds the task that a prompt contains. A lookup takes time for the prompt's length, not for the number of tasks. */
export class TaskIndex<T> {
  readonly #length: number
  readonly #byBeginning = new Map<string, { text: string; value: T }[]>()

  constructor(tasks: readonly { text: string; value: T }[]) {
    const plain = tasks.map(({ text, value }) => ({ text: joined(text), value }))
    this.#length = plain.reduce((least, { text }) => Math.min(least, text.length), 40)
    for (const task of plain) {
      const beginning = task.text.slice(0, this.#length)
      const known = this.#byBeginning.get(beginning)
      if (known === undefined) this.#byBeginning.set(beginning, [task])
      else known.push(task)
    }
  }

  /** The longest task that stands in the prompt, whatever its line breaks. */
  find(prompt: string): T | undefined {
    const text = joined(prompt)
    let best: { text: string; value: T } | undefined
    for (let at = 0; at + this.#length <= text.length; at += 1) {
      for (const task of this.#byBeginning.get(text.slice(at, at + this.#length)) ?? []) {
        if (task.text.length > (best?.text.length ?? 0) && text.startsWith(task.text, at)) best = task
      }
    }
    return best?.value
  }
}

function joined(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ')
}
