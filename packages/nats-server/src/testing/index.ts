/** Real servers for tests: `@bailiwick/nats-server/testing`. */

export { freePorts } from './free-ports.ts'
export { type ExternalCluster, startExternalCluster } from './start-external-cluster.ts'
export { type ExternalServer, startExternalServer } from './start-external-server.ts'
export { startTenants, type Tenants } from './start-tenants.ts'
export { startTestServer, type TestServer } from './start-test-server.ts'
