import { kvStream, STREAMS } from '../places.ts'
import { SUBJECTS } from '../subjects.ts'

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

/** Requests to the toolbox about files. The toolbox decides which ones. */
export function askForFiles(caller: string): Part {
  return { publish: [SUBJECTS.file('*', caller)] }
}

/** Requests to the toolbox about large arguments and results of tools that this process serves. */
export function askForCallFiles(host: string, tools: readonly string[]): Part {
  return { publish: tools.map((tool) => SUBJECTS.fileOfCall('*', host, tool)) }
}

/** Reading, writing and deleting stored files. */
export function storeFiles(): Part {
  const streams = [STREAMS.files, STREAMS.records]
  return {
    publish: [
      SUBJECTS.stored('*', '*', '*', '*', '*'),
      ...streams.flatMap((stream) => [
        `$JS.API.STREAM.MSG.GET.${stream}`,
        `$JS.API.STREAM.INFO.${stream}`,
        `$JS.API.STREAM.PURGE.${stream}`,
        ...(readStream(stream, SUBJECTS.stored('*', '*', '*', '*', '*')).publish ?? []),
      ]),
    ],
  }
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
