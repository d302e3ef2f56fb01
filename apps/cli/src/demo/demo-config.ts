import { defineConfig } from '@bailiwick/coordinator/config/define-config'

/** The team of the demo: two processes for the analyst, one for the writer. */
export default defineConfig({
  team: [{ agent: '@bailiwick/agent-analyst', replicas: 2 }, '@bailiwick/agent-writer'],
})
