/**
 * What a person typed, out of what a client sent: reminders, environment notes and instructions that clients wrap in
 * tags around it are left out.
 */
const WRAPPED =
  /<(system-reminder|environment_context|environment_details|skills_instructions|user_instructions|permissions instructions|collaboration_mode|tools|session_context|context|total_tokens)>[\s\S]*?<\/\1>/g

/** The text without wrapped notes. */
export function typedText(text: string): string {
  return text.replaceAll(WRAPPED, '').trim()
}
