/** A real server for tests: `@bailiwick/nats-server/testing`. */
export { startTestServer, type TestServer } from './start-test-server.ts'
