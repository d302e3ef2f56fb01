import { artifactBucket, journalBucket, kvStream, objectStream, STREAMS } from '../places.ts'

/** Subjects to publish and to subscribe to. A role's permissions are a sum of parts. */
export interface Part {
  publish?: string[]
  subscribe?: string[]
}

/**
 * Reading a stream through own consumers with this filter. The filter is part of the request's subject, and the server
 * compares it with the payload. `MSG.GET` is left out, because only its payload says what it reads.
 */
export function readStream(stream: string, filter: string): Part {
  return {
    publish: [
      `$JS.API.CONSUMER.CREATE.${stream}.*.${filter}`,
      // Consumers of other users have random names, so nobody can pull from them.
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
      `$JS.API.CONSUMER.DELETE.${stream}.*`,
    ],
  }
}

/** Following a whole stream, with any client. */
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

/** Reading a writer's files. */
export function readArtifacts(writer: string): Part {
  return readObjects(artifactBucket(writer))
}

/** Storing files under the own name. */
export function writeArtifacts(writer: string): Part {
  return writeObjects(artifactBucket(writer))
}

/** Storing and reading records that are too large for the own journals. */
export function ownLargeRecords(writer: string): Part {
  return writeObjects(journalBucket(writer))
}

/** Reading the large records of a writer's journals. */
export function readLargeRecords(writer: string): Part {
  return readObjects(journalBucket(writer))
}

/** Taking and settling an agent's tasks. The coordinator creates the consumer. */
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
      // Other clients use push consumers. Without flow control, reading a large object stalls forever.
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
      // Replacing a file deletes the chunks of the old one.
      `$JS.API.STREAM.PURGE.${objectStream(bucket)}`,
    ],
  }
}
