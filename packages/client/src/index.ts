/** For services that use Bailiwick from outside. */

// See what it does, and what came of it.
export { type CloudEvent, eventName, getArtifact, type RunDetails, type RunSummary } from '@bailiwick/bus'
// Take part in it.
export { type CallDecision, cancelRun, decideCall, getRun, listRuns } from './about-runs.ts'
// The connection.
export { type Client, type ConnectClientOptions, connect } from './connect.ts'
export { type OfferedTool, offerTool, type ToolContext } from './offer-tool.ts'
// Ask for a run.
export { newRunId } from './run-id.ts'
export { type NewRun, submitRun } from './submit-run.ts'
export type { FileContent } from './upload-files.ts'
export { waitForRun, watchRun } from './watch-run.ts'
