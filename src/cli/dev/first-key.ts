/** The first team and developer key of a local gateway, made once through the admin API like any other. */
import * as z from 'zod'
import { saveSecrets } from './local-secrets.ts'
import type { LocalSecrets } from './local-secrets.ts'
import { StartError } from './start-error.ts'

const Team = z.object({ id: z.string().min(1) })
const Key = z.object({ key: z.string().min(1) })

export interface FirstKey {
  readonly teamId: string
  readonly key: string
}

async function post(url: string, adminToken: string, name: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
}

async function created<T>(answer: Response, shape: z.ZodType<T>, what: string): Promise<T> {
  const text = await answer.text()
  if (answer.status !== 201)
    throw new StartError(`The ${what} could not be made: ${answer.status} ${text.slice(0, 500)}`)
  return shape.parse(JSON.parse(text))
}

/** A key can outlive the state it belongs to: someone may have removed a part of the folder, or revoked the key. */
async function stillWorks(url: string, key: string): Promise<boolean> {
  const answer = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
  await answer.body?.cancel()
  return answer.status !== 401 && answer.status !== 403
}

async function makeTeam(teams: string, adminToken: string): Promise<string> {
  return (await created(await post(teams, adminToken, 'My team'), Team, 'first team')).id
}

/**
 * The remembered team and key, or new ones, which are remembered in the state folder.
 *
 * @param url the running gateway
 * @param folder the state folder
 * @throws StartError with the gateway's answer when it makes none
 */
export async function firstKey(url: string, folder: string, secrets: LocalSecrets): Promise<FirstKey> {
  const { adminToken } = secrets
  if (secrets.teamId !== null && secrets.key !== null && (await stillWorks(url, secrets.key))) {
    return { teamId: secrets.teamId, key: secrets.key }
  }
  const teams = `${url}/admin/v1/teams`
  let teamId = secrets.teamId ?? (await makeTeam(teams, adminToken))
  let answer = await post(`${teams}/${teamId}/keys`, adminToken, 'My key')
  if (answer.status === 404 && teamId === secrets.teamId) {
    await answer.body?.cancel()
    teamId = await makeTeam(teams, adminToken)
    answer = await post(`${teams}/${teamId}/keys`, adminToken, 'My key')
  }
  const { key } = await created(answer, Key, 'first key')
  saveSecrets(folder, { ...secrets, teamId, key })
  return { teamId, key }
}
