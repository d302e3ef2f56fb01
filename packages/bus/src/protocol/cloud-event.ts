import { BRAND, InputError, tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'
import { EVENT_TYPES, type EventName } from './event-types.ts'
import { SUBJECTS } from './subjects.ts'

/** The version in the type of every event. */
const VERSION = 'v1'

/** A CloudEvents 1.0 event in structured JSON mode, with our extension attributes. */
export const cloudEventSchema = z.lazy(() =>
  z.object({
    specversion: z.literal('1.0'),
    /**
     * `<sequence of the journal message>.<index in it>`: unique, and the message id in the stream. If JOURNAL has lost
     * its end and used sequences again, `.<n>` follows: the number of times that this had happened.
     */
    id: z.string().min(1),
    /** The writer of the journal: `/bailiwick/<writer>`. */
    source: z.string().min(1),
    /** `dev.bailiwick.<entity>.<verb>.v1`. */
    type: z.string().min(1),
    /** `<run>/<task>`. */
    subject: z.string(),
    time: z.iso.datetime(),
    datacontenttype: z.literal('application/json'),
    /** The bus user that submitted the run; `coordinator` if no user did. */
    owner: tokenSchema,
    run: z.string(),
    task: z.string(),
    /** The agent that works on the task; `coordinator` for the run as a whole. */
    agent: z.string(),
    /** The agent's agency level, 0 to 5; absent for the run as a whole. */
    level: z.number().int().min(0).max(5).optional(),
    data: z.record(z.string(), z.unknown()),
  }),
)
export type CloudEvent = z.infer<typeof cloudEventSchema>

/** `dev.bailiwick.task.ended.v1`. */
export function eventType(name: EventName): string {
  return `${BRAND.events}.${name}.${VERSION}`
}

/** `task.ended` for a known type; undefined for a type of a newer version. */
export function eventName(type: string): EventName | undefined {
  const name = type.slice(BRAND.events.length + 1, -VERSION.length - 1)
  return Object.hasOwn(EVENT_TYPES, name) && eventType(name as EventName) === type
    ? (name as EventName)
    : undefined
}

/** The subject that an event is published on. @throws InputError for an unknown type. */
export function eventSubject(event: CloudEvent): string {
  const [entity, verb] = eventName(event.type)?.split('.') ?? []
  if (entity === undefined || verb === undefined) throw new InputError(`Unknown type of event: ${event.type}`)
  return SUBJECTS.event(entity, verb, event.owner, event.run)
}
