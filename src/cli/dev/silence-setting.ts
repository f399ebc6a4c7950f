/** How long a local gateway's ledger waits for news of a call, where the environment says so: tests cannot wait five minutes. */
export function silenceVars(environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const { CALL_SILENCE_SECONDS: seconds } = environment
  return seconds ? { CALL_SILENCE_SECONDS: seconds } : {}
}
