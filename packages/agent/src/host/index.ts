/** Hosts an agent on the bus. */
export { type LoadedDefinition, loadDefinition } from '../definition/load-definition.ts'
export { type HostedAgent, type HostOptions, hostAgent } from './host-agent.ts'
