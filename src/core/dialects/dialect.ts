/**
 * The wire formats Headgate speaks, on both sides. A dialect is named after its API, never after a provider:
 * several providers speak the same one.
 */
export const DIALECTS = ['anthropic-messages', 'openai-chat-completions', 'openai-responses'] as const

export type DialectName = (typeof DIALECTS)[number]
