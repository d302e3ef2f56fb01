// The binary: found where it may lie, or fetched.
export type { CacheOptions } from './binary/cache-dir.ts'
export { binaryCacheDir } from './binary/cache-dir.ts'
export { type EnsureOptions, ensureNatsServer } from './binary/ensure-nats-server.ts'
export { type FindOptions, findNatsServer } from './binary/find-nats-server.ts'
export type { NatsServerBinary } from './binary/inspect-binary.ts'
// Its users.
export type { NatsPermissions, SubjectRules, UserCredentials, UserRequest } from './identity/credentials.ts'
export { type MintedUser, readMinted } from './identity/read-minted.ts'
export { NatsServerError, type NatsServerErrorCode } from './nats-server-error.ts'
// What it refuses.
export type { Refusal, Refusals } from './refusals/follow-refusals.ts'
export type { RefusedAction } from './refusals/parse-refusal.ts'
// One that is not started here.
export { type ExternalServer, jwtServer, nkeyServer, signerOf } from './server/external-server.ts'
// The server: started, or adopted where one still runs.
export type { RunningNatsServer } from './server/running-server.ts'
export type { ServerLimits } from './server/server-config.ts'
export type { ServerExit } from './server/server-process.ts'
export {
  type AdoptOptions,
  adoptNatsServer,
  type StartOptions,
  startNatsServer,
} from './server/start-nats-server.ts'
