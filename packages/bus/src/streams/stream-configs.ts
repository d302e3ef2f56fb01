import {
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  StoreCompression,
  type StreamConfig,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { FileKind } from '../protocol/files.ts'
import { BUCKETS, kvStream, LARGE_BYTES, STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import type { CheckedStreamLimits } from './stream-limits.ts'

/**
 * A limit that no subject reaches. With any limit per subject, the server writes files of 4 MB instead of 8, and only
 * full files are compressed.
 */
const SMALLER_FILES = 1_000_000_000

/** The part of a stream's configuration that the coordinator sets. */
export type StreamPlan = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>

/**
 * The streams of a tenant.
 *
 * Direct gets are off on every stream that other users write to: the server sends the stored bytes unchanged to any
 * reply subject that the requester names, so a user could put them under another user's subject.
 *
 * @param compresses whether the server can compress files: version 2.10 or newer
 */
export function streamPlans(limits: CheckedStreamLimits, compresses: boolean): StreamPlan[] {
  const base = { storage: StorageType.File, num_replicas: limits.replicas, allow_direct: false }
  return [
    {
      ...base,
      name: STREAMS.journal,
      subjects: [SUBJECTS.journal('*', '*', '*')],
      max_age: age(limits.journalMaxAgeMs),
      max_bytes: limits.journalMaxBytes,
      // What is larger was not written by a journal. All journals have the same readers, which it would hold up.
      max_msg_size: 2 * LARGE_BYTES,
      // Discarding old messages would delete records of open tasks: one flooded journal would cut all others.
      discard: DiscardPolicy.New,
      deny_delete: true,
      duplicate_window: idWindow(limits.journalMaxAgeMs),
    },
    {
      ...base,
      name: STREAMS.task,
      subjects: [SUBJECTS.task('*', '*')],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_msgs: limits.maxQueued,
      // One message per task: ringing again while a bell is there changes nothing.
      max_msgs_per_subject: 1,
      discard_new_per_subject: true,
      // Only by subject, and only for users that may see all tasks.
      allow_direct: true,
    },
    {
      ...base,
      name: STREAMS.event,
      subjects: [SUBJECTS.event('*', '*', '*', '*')],
      max_age: age(limits.eventMaxAgeMs),
      max_bytes: limits.eventMaxBytes,
      max_msgs_per_subject: SMALLER_FILES,
      deny_delete: true,
      // Events repeat their names and attributes, so they shrink to an eighth.
      ...(compresses && { compression: StoreCompression.S2 }),
      duplicate_window: idWindow(limits.eventMaxAgeMs),
    },
    {
      ...base,
      name: STREAMS.dead,
      subjects: ['MAX_DELIVERIES', 'MSG_TERMINATED'].map(
        (kind) => `$JS.EVENT.ADVISORY.CONSUMER.${kind}.${STREAMS.task}.*`,
      ),
      max_age: age(limits.deadMaxAgeMs),
      duplicate_window: idWindow(limits.deadMaxAgeMs),
    },
    keyValuePlan(BUCKETS.agents, limits, limits.presenceMs),
    keyValuePlan(BUCKETS.tools, limits, 0),
    keyValuePlan(BUCKETS.coordinators, limits, 0),
    keyValuePlan(BUCKETS.runs, limits, 0),
    filesPlan(STREAMS.files, ['file', 'call'], limits, {
      maxAgeMs: limits.artifactMaxAgeMs,
      maxBytes: limits.artifactMaxBytes,
    }),
    filesPlan(STREAMS.records, ['record', 'reply'], limits, {
      maxAgeMs: limits.journalMaxAgeMs,
      maxBytes: limits.journalMaxBytes,
    }),
  ]
}

/**
 * A key-value bucket without roll-ups: with them, a user could empty the whole bucket by one message on its own key
 * with the header `Nats-Rollup: all`.
 */
function keyValuePlan(bucket: string, limits: CheckedStreamLimits, ttlMs: number): StreamPlan {
  return {
    name: kvStream(bucket),
    subjects: [`$KV.${bucket}.>`],
    storage: StorageType.File,
    num_replicas: limits.replicas,
    max_msgs_per_subject: 1,
    max_age: age(ttlMs),
    discard: DiscardPolicy.New,
    allow_direct: false,
    allow_rollup_hdrs: false,
    deny_delete: true,
    duplicate_window: idWindow(ttlMs),
  }
}

/** A stream of files: any number of chunks per file, each on its own subject. Roll-ups could delete other files. */
function filesPlan(
  name: string,
  kinds: readonly FileKind[],
  limits: CheckedStreamLimits,
  { maxAgeMs, maxBytes }: { maxAgeMs: number; maxBytes: number },
): StreamPlan {
  return {
    name,
    subjects: kinds.map((kind) => SUBJECTS.stored(kind, '*', '*', '*', '*')),
    storage: StorageType.File,
    num_replicas: limits.replicas,
    max_age: age(maxAgeMs),
    max_bytes: maxBytes,
    discard: DiscardPolicy.New,
    duplicate_window: idWindow(maxAgeMs),
    allow_direct: false,
    allow_rollup_hdrs: false,
    deny_delete: true,
  }
}

/** How long the server remembers message ids. It refuses a window longer than the messages' age. */
function idWindow(maxAgeMs: number): number {
  return nanos(maxAgeMs > 0 ? Math.min(maxAgeMs, 120_000) : 120_000)
}

function age(ms: number): number {
  return ms > 0 ? nanos(ms) : 0
}
