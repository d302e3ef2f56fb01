/** The zod of the packages that are measured: a program has one, and the bench's own beside it would make two. */
export { z } from '../../packages/core/node_modules/zod/index.js'
