/** Bailiwick on NATS: the protocol, and the input and output over a connection. */

// Names of inputs.
export { checkInputName, isReservedName } from '@bailiwick/contract'
export { sourcesOf } from './access/require-access.ts'
// Entries of key-value buckets.
export { deleteEntry, putEntry, readEntry, type StoredEntry } from './bucket/entry.ts'
export { purgeEntry, readEntries } from './bucket/read-entries.ts'
export { type Entry, type WatchOptions, watchBucket } from './bucket/watch-bucket.ts'
// The connection.
export type { Bus } from './connect/bus.ts'
export { checkServer, type ServerCheck } from './connect/check-server.ts'
export { type ConnectOptions, connectBus } from './connect/connect-bus.ts'
export { accessFromEnv, type BusAccess, connectFromEnv, tlsFromEnv } from './connect/connect-from-env.ts'
// Control requests to hosts.
export { type SendControlOptions, sendControl } from './control/send-control.ts'
export { type ControlHandlers, serveControl } from './control/serve-control.ts'
export { requestDelegation } from './delegate/request-delegation.ts'
export {
  type DelegationHandler,
  type ServeDelegationsOptions,
  type StartedDelegate,
  serveDelegations,
} from './delegate/serve-delegations.ts'
export * from './errors/bus-error.ts'
export * from './errors/queue-full-error.ts'
// Events.
export { type FollowEventsOptions, followEvents } from './event/follow-events.ts'
export { lastEvent } from './event/last-event.ts'
export { type ProjectOptions, projectJournal } from './event/project-journal.ts'
export { publishEvent } from './event/publish-event.ts'
export { watchEvents } from './event/watch-events.ts'
// Files.
export type { FileCaller, FileOptions } from './file/file-access.ts'
export { getArtifact, type ReadOptions, readArtifact } from './file/get-artifact.ts'
export {
  type ArtifactContent,
  type NewArtifact,
  type PutOptions,
  putArtifact,
  putFile,
  removeArtifacts,
  tooLarge,
} from './file/put-artifact.ts'
export { MAX_TOOLBOX_AWAY_MS } from './file/request-file.ts'
export { type ServeFilesOptions, serveFiles } from './file/serve-files.ts'
export { MAX_IDLE_MS, MAX_UNSUBMITTED_MS } from './file/sweep-files.ts'
// The journal: the only durable truth.
export {
  type FollowAppendsOptions,
  type FollowJournalOptions,
  followAppends,
  followJournal,
  type JournalAppend,
  readAppends,
  type StoredAppend,
} from './journal/follow-journal.ts'
export { lastJournalSequence } from './journal/last-sequence.ts'
export {
  type BusJournal,
  type JournalAddress,
  type OpenJournalOptions,
  openJournal,
} from './journal/open-journal.ts'
export { readFirst, requireRun } from './journal/read-first.ts'
export { type LastAppend, readLast } from './journal/read-last.ts'
export { followLive, type LiveMessage, publishLive } from './live/live.ts'
export * from './protocol/index.ts'
// The queue: a bell for each task.
export { listDead, retryDead } from './queue/dead-tasks.ts'
export { handOver } from './queue/hand-over.ts'
export { type Bells, countBells, listBells } from './queue/list-bells.ts'
export { type OpenTask, redeliverLost } from './queue/lost-tasks.ts'
export { prepareQueue, type QueueOptions } from './queue/prepare-queue.ts'
export { ringTask } from './queue/ring-task.ts'
export { type TakeOptions, takeTasks } from './queue/take-tasks.ts'
export type { TaskDelivery } from './queue/task-delivery.ts'
export { wakeTask } from './queue/wake-task.ts'
export { watchBells } from './queue/watch-bells.ts'
// Registries of agents and tools.
export { type Announcement, announceAgent, type PresenceInput } from './registry/announce-agent.ts'
export { announceCoordinator, watchCoordinators } from './registry/coordinators.ts'
export { listTools, type RegisteredTool, registerTool, unregisterTool, watchTools } from './registry/tools.ts'
export { listAgents, type WatchAgentsOptions, watchAgents } from './registry/watch-agents.ts'
// Requests about runs.
export { mayHaveArrived } from './request/may-have-arrived.ts'
export { purgeOldRefusals, purgeRun } from './run/purge-run.ts'
export { requestRun } from './run/request-run.ts'
export { type RunHandlers, serveRuns } from './run/serve-runs.ts'
export { findEntry, type ListedFile, listEntries } from './store/stored-files.ts'
export {
  type ExcessReader,
  type FollowExcessOptions,
  followExcessReaders,
} from './streams/follow-excess-readers.ts'
export type { Gap } from './streams/follow-stream.ts'
export { prepareStreams } from './streams/prepare-streams.ts'
export { restoreStream, type StreamSnapshot, snapshotStream } from './streams/snapshot-stream.ts'
export { type StreamLimits, streamLimitsSchema } from './streams/stream-limits.ts'
export { remoteTool } from './tool/remote-tool.ts'
export { type ServeToolOptions, serveTool } from './tool/serve-tool.ts'
export { watchCalls } from './tool/watch-calls.ts'
