/** Shares no code with the project: what any client of NATS sees, and the file of effects. */
import { existsSync, readFileSync } from 'node:fs'
import { jetstream } from '@nats-io/jetstream'
import { connect, credsAuthenticator } from '@nats-io/transport-node'

interface Event {
  id: string
  /** RFC 3339. */
  time: string
  type: string
  run: string
  task: string
  data: Record<string, unknown>
}

/** Everything that happened, from the beginning. */
export async function readEvents({
  NATS_URL,
  NATS_CREDS,
}: {
  NATS_URL: string
  NATS_CREDS: string
}): Promise<Event[]> {
  const connection = await connect({
    servers: NATS_URL,
    authenticator: credsAuthenticator(readFileSync(NATS_CREDS)),
    inboxPrefix: '_INBOX.reader',
  })
  const events: Event[] = []
  try {
    const consumer = await jetstream(connection).consumers.get('EVENT')
    for await (const message of await consumer.consume()) {
      events.push(message.json<Event>())
      if (message.info.pending === 0) break
    }
  } finally {
    await connection.close()
  }
  return events
}

/** What is wrong with how some runs went, a line each. */
export function judge(
  runs: readonly string[],
  events: readonly Event[],
  effectsFile: string,
  tasks: readonly string[],
): string[] {
  const problems: string[] = []
  const ids = new Set<string>()
  for (const { id } of events) {
    if (ids.has(id)) problems.push(`event ${id} is there twice`)
    ids.add(id)
  }
  const lines = existsSync(effectsFile) ? readFileSync(effectsFile, 'utf8').trim().split('\n') : []
  const effects: { name: string; key: string; run: string; task: string }[] = lines
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  for (const run of runs) {
    const own = events.filter((event) => event.run === run)
    const named = (name: string) => own.filter(({ type }) => type.includes(`.${name}.`))
    if (named('run.submitted').length !== 1)
      problems.push(`${run}: submitted ${named('run.submitted').length} times`)
    const ends = named('run.ended')
    if (ends.length !== 1) problems.push(`${run}: ended ${ends.length} times`)
    else if (ends[0]?.data.status !== 'completed')
      problems.push(`${run}: ended as ${JSON.stringify(ends[0]?.data)}`)
    if (own.length > 0 && own.at(-1) !== ends[0])
      problems.push(`${run}: its last event is ${own.at(-1)?.type}`)
    for (const task of new Set(own.map((event) => event.task).filter((task) => task !== 'run')))
      problems.push(...judgeTask(task, own))
    for (const name of tasks) {
      const marks = effects.filter((effect) => effect.run === run && isTask(effect.task, `${run}-${name}`))
      if (!marks.some((effect) => effect.name === 'mark')) problems.push(`${run}: ${name} made no mark`)
    }
  }
  const keys = new Map<string, number>()
  for (const { name, key } of effects) keys.set(`${name} ${key}`, (keys.get(`${name} ${key}`) ?? 0) + 1)
  for (const [key, times] of keys) if (times > 1) problems.push(`the effect ${key} was made ${times} times`)
  return problems
}

/** A task's events are whole and in order. */
function judgeTask(task: string, run: readonly Event[]): string[] {
  const names = run
    .filter((event) => event.task === task)
    .map(({ type }) => type.split('.').slice(-3, -1).join('.'))
    // The coordinator's own records about the task: given out, and come back.
    .filter((name) => name !== 'task.dispatched' && name !== 'task.returned')
  const problems: string[] = []
  if (names[0] !== 'task.created') problems.push(`${task}: its first event is ${names[0]}`)
  if (names.at(-1) !== 'task.ended') problems.push(`${task}: its last event is ${names.at(-1)}`)
  if (names.filter((name) => name === 'task.ended').length !== 1)
    problems.push(`${task}: ended more than once`)
  return problems
}

/** A task that had to be tried again has the attempt's number behind its id. */
function isTask(task: string, id: string): boolean {
  return task === id || (task.startsWith(`${id}-`) && /^\d+$/.test(task.slice(id.length + 1)))
}

/** Attempts at tasks that did not complete: no violation, if the run came to its end all the same. */
export function failedAttempts(events: readonly Event[]): string[] {
  return events
    .filter(({ type, data }) => type.includes('.task.ended.') && data.status !== 'completed')
    .map(({ task, data }) => `${task} ${String(data.status)}: ${JSON.stringify(data.error)}`)
}

/** The longest time in which nothing happened in a run that was open: what a death cost at most. */
export function longestSilence(events: readonly Event[]): string {
  const last = new Map<string, Event>()
  let longest = { ms: 0, what: 'nothing' }
  for (const event of events) {
    const before = last.get(event.run)
    const ms = before === undefined ? 0 : Date.parse(event.time) - Date.parse(before.time)
    if (ms > longest.ms)
      longest = { ms, what: `${before?.task} ${before?.type} and ${event.task} ${event.type}` }
    last.set(event.run, event)
  }
  return `${(longest.ms / 1_000).toFixed(1)} s between ${longest.what}`
}
