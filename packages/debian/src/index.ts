export { AptError } from './apt-error.ts'
export { type DistributionProgram, type FetchOptions, fetchProgram } from './fetch-program.ts'
export { userCacheDir } from './user-cache-dir.ts'
