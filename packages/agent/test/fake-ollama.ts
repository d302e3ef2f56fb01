import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on loopback that speaks as much of Ollama as a chat needs. Each request gets the next reply. */
export async function fakeOllama(replies: string[]) {
  const models: unknown[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const bytes of request) body += bytes
    if (request.url === '/api/show') return response.end('{"capabilities":["completion"],"model_info":{}}')
    if (request.url !== '/api/chat') return response.writeHead(404).end('{"error":"not here"}')
    const { model } = JSON.parse(body)
    models.push(model)
    const content = replies[models.length - 1] ?? ''
    const end = { done: true, done_reason: 'stop', prompt_eval_count: 10, eval_count: 5 }
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.end(`${JSON.stringify({ model, message: { role: 'assistant', content }, ...end })}\n`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What was asked for, request by request. */
    models,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
