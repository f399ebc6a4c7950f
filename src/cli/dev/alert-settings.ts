/** Where a local gateway may send alerts: to receivers on this machine too, which a deployed one never does. */
const LOOPBACK = '127.0.0.1,localhost,[::1]'

/** Alert settings from the environment, as the Worker takes them. An empty value is no value. */
export function alertVars(environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const { ALERT_PRIVATE_HOSTS: hosts, ALERT_RETRY_SECONDS: pauses } = environment
  return { ALERT_PRIVATE_HOSTS: hosts || LOOPBACK, ...(pauses ? { ALERT_RETRY_SECONDS: pauses } : {}) }
}
