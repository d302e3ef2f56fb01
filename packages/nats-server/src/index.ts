// Finding and fetching the executable.
export type { CacheOptions } from './binary/cache-dir.ts'
export { binaryCacheDir } from './binary/cache-dir.ts'
export { type EnsureOptions, ensureNatsServer } from './binary/ensure-nats-server.ts'
export { type FindOptions, findNatsServer } from './binary/find-nats-server.ts'
export type { NatsServerBinary } from './binary/inspect-binary.ts'
export type { PinnedRelease } from './binary/pinned-release.ts'
// Users and their credentials.
export {
  type NatsPermissions,
  type ParsedCredentials,
  readCredentials,
  type SubjectRules,
  type UserCredentials,
  type UserRequest,
} from './identity/credentials.ts'
export { NatsServerError, type NatsServerErrorCode } from './nats-server-error.ts'
// What a server refuses.
export type { Refusal, Refusals } from './refusals/follow-refusals.ts'
export type { RefusedAction } from './refusals/parse-refusal.ts'
// Servers that this package does not start.
export {
  type ExternalServerConfig,
  findMint,
  jwtServerConfig,
  nkeyServerConfig,
} from './server/external-server-config.ts'
// Starting and adopting a server.
export type { RunningNatsServer } from './server/running-server.ts'
export type { ServerLimits } from './server/server-config.ts'
export type { ServerExit } from './server/server-process.ts'
export {
  type AdoptOptions,
  adoptNatsServer,
  type StartOptions,
  startNatsServer,
} from './server/start-nats-server.ts'
export type { StoreFailure } from './store/follow-store-failures.ts'
