import type { Effect, Entry } from './evidence.ts'

/**
 * Compares the tools' effects with the journals: no effect twice, none without a journaled call, and one for each call
 * whose success an agent was told.
 *
 * @param tools the tools that write the file
 */
export function judgeEffects(
  effects: readonly Effect[],
  entries: readonly Entry[],
  tools: readonly string[],
): string[] {
  const problems: string[] = []
  const called = new Map<string, { name: string; key: string; run: string; task: string }>()
  for (const { run, task, record } of entries) {
    if (record.type !== 'call.started' || !tools.includes(String(record.name))) continue
    called.set(`${task} ${record.call}`, { name: String(record.name), key: String(record.key), run, task })
  }
  const journaled = new Set([...called.values()].map(line))
  const times = new Map<string, number>()
  for (const effect of effects) times.set(line(effect), (times.get(line(effect)) ?? 0) + 1)
  for (const [effect, count] of times) {
    if (count > 1) problems.push(`the effect "${effect}" was made ${count} times`)
    if (!journaled.has(effect)) problems.push(`the effect "${effect}" is in no journal`)
  }
  for (const { task, record } of entries) {
    const call = called.get(`${task} ${record.call}`)
    if (record.type !== 'call.ended' || call === undefined || record.ok !== true) continue
    if (!times.has(line(call)))
      problems.push(`the effect "${line(call)}" was reported as done but never made`)
  }
  return problems
}

/** Checks that every completed task of a plan has made the effects that it cannot complete without. */
export function judgeMissing(
  effects: readonly Effect[],
  entries: readonly Entry[],
  always: readonly string[],
): string[] {
  const made = new Set(effects.map(({ name, run, task }) => `${name} ${run} ${task}`))
  const planned = new Set<string>()
  const problems: string[] = []
  for (const { run, record } of entries) {
    if (record.type === 'run.planned')
      for (const { name } of record.tasks as { name: string }[]) planned.add(`${run} ${name}`)
    if (record.type !== 'task.returned' || !planned.has(`${run} ${record.name}`)) continue
    if (record.status !== 'completed') continue
    for (const name of always)
      if (!made.has(`${name} ${run} ${record.task}`))
        problems.push(`${record.task} completed without "${name}"`)
  }
  return problems
}

function line({ name, key, run, task }: Effect): string {
  return [name, key, run, task].join(' ')
}
