/** Test doubles that other processes can reach: HTTP servers on loopback that speak the protocols. */
export type { Fault, RetryAfterForm } from './fault.ts'
export type { ModelServer, ModelServerOptions } from './model-server.ts'
export { type OllamaServerOptions, startOllamaServer } from './ollama-server.ts'
export { type OpenAiServerOptions, startOpenAiServer } from './openai-server.ts'
export type { ReplyChooser, ServedReply, ServedRequest } from './served-reply.ts'
