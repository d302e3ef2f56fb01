import { artifactBucket, journalBucket, kvStream, objectStream, STREAMS } from '../places.ts'

/** What may be published, and what may be listened to. Roles are sums of such parts. */
export interface Part {
  publish?: string[]
  subscribe?: string[]
}

/**
 * Reading a stream through consumers of one's own on these subjects. The filter is part of the request's
 * subject, and the server compares it with the payload. `MSG.GET` is not, so that it stays out: its
 * payload alone says what is read.
 */
export function readStream(stream: string, filter: string): Part {
  return {
    publish: [
      `$JS.API.CONSUMER.CREATE.${stream}.*.${filter}`,
      // Consumers' names are random: knowing one's own does not help with another's.
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
      `$JS.API.CONSUMER.DELETE.${stream}.*`,
    ],
  }
}

/** Following a stream whose whole content one may see, with any client. */
export function followWholeStream(stream: string): Part {
  return {
    publish: [
      `$JS.API.STREAM.INFO.${stream}`,
      `$JS.API.STREAM.MSG.GET.${stream}`,
      `$JS.API.CONSUMER.CREATE.${stream}`,
      `$JS.API.CONSUMER.CREATE.${stream}.>`,
      `$JS.API.CONSUMER.INFO.${stream}.*`,
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
      `$JS.API.CONSUMER.DELETE.${stream}.*`,
      `$JS.ACK.${stream}.>`,
      `$JS.FC.${stream}.>`,
    ],
  }
}

/** Reading a key-value bucket, with any client. */
export function readBucket(bucket: string): Part {
  return followWholeStream(kvStream(bucket))
}

/** Reading what a writer shows to others. */
export function readArtifacts(writer: string): Part {
  return readObjects(artifactBucket(writer))
}

/** Keeping files under one's own name. */
export function writeArtifacts(writer: string): Part {
  return writeObjects(artifactBucket(writer))
}

/** Keeping, and reading again, what is too large for one's own journals. */
export function ownLargeRecords(writer: string): Part {
  return writeObjects(journalBucket(writer))
}

/** Reading the large records of somebody's journals. */
export function readLargeRecords(writer: string): Part {
  return readObjects(journalBucket(writer))
}

/** One's own tasks: taken, and settled. The consumer is the coordinator's to make. */
export function takeTasks(agent: string): Part {
  return {
    publish: [
      `$JS.API.CONSUMER.INFO.${STREAMS.task}.${agent}`,
      `$JS.API.CONSUMER.MSG.NEXT.${STREAMS.task}.${agent}`,
      `$JS.ACK.${STREAMS.task}.${agent}.>`,
    ],
  }
}

function readObjects(bucket: string): Part {
  const stream = objectStream(bucket)
  return {
    publish: [
      `$JS.API.STREAM.MSG.GET.${stream}`,
      ...(readStream(stream, `$O.${bucket}.C.*`).publish ?? []),
      // Other clients are pushed what they read. Without it, reading a large object stalls for ever.
      `$JS.FC.${stream}.>`,
    ],
  }
}

function writeObjects(bucket: string): Part {
  return {
    publish: [
      ...(readObjects(bucket).publish ?? []),
      `$O.${bucket}.C.*`,
      `$O.${bucket}.M.*`,
      // A file that is replaced, or was broken off, takes its old pieces with it.
      `$JS.API.STREAM.PURGE.${objectStream(bucket)}`,
    ],
  }
}
