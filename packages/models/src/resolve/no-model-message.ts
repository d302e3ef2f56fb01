/** What to do where no model was found. One of these is enough. */
export function noModelMessage(): string {
  return `No model found. One of these is enough:
  - a local model: install Ollama (https://ollama.com/download), then run "ollama pull qwen3:8b"
  - OpenAI: set OPENAI_API_KEY
  - any server that speaks OpenAI's chat completions: set OPENAI_BASE_URL (and OPENAI_API_KEY where it wants one)
  - anything else: set BAILIWICK_MODEL, for example openrouter/qwen/qwen3-32b, command:"my-llm --stdin" or human`
}
