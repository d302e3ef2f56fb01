/** For services outside Bailiwick: submit, watch and cancel runs, decide on calls, offer tools. */

export {
  type CloudEvent,
  eventName,
  getArtifact,
  type RunDetails,
  type RunSummary,
  readArtifact,
} from '@bailiwick/bus'
export { TransientError } from '@bailiwick/contract'
export { type Client, type ConnectClientOptions, connect } from './connect.ts'
export { type OfferedTool, offerTool, type ToolContext } from './offer-tool.ts'
export { newRunId } from './run-id.ts'
export { type CallDecision, cancelRun, decideCall, getRun, listRuns } from './runs.ts'
export { type NewRun, submitRun } from './submit-run.ts'
export type { FileContent } from './upload-files.ts'
export { waitForRun, watchRun } from './watch-run.ts'
