import type { OpenAI } from 'openai'

/** A client that sends through an exchange. It is loaded at the first use. */
export async function openClient(
  address: { baseURL: string; apiKey?: string | undefined; headers?: Record<string, string> | undefined },
  send: typeof fetch,
): Promise<OpenAI> {
  const { OpenAI } = await import('openai')
  return new OpenAI({
    // The constructor throws without a key, and local servers have none.
    apiKey: address.apiKey || 'none',
    baseURL: address.baseURL,
    // Else the client would take these from the environment, also for servers that are not OpenAI's.
    organization: null,
    project: null,
    ...(address.headers && { defaultHeaders: address.headers }),
    // Both belong to the layers around this one; its timeout would not cover the body anyway.
    maxRetries: 0,
    timeout: MAX_TIMEOUT,
    fetch: send,
    logLevel: 'off',
  })
}

const MAX_TIMEOUT = 2_147_483_647
