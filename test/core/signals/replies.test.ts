import { describe, expect, test } from 'vitest'
import { isAcknowledgement, isComplaint } from '../../../src/core/signals/replies.ts'

const texts = (list: string): string[] => list.split('|').map((text) => text.trim())

describe('isAcknowledgement', () => {
  test.each(
    texts(`
      yes | Yes please | ok | OK, do it | go on | continue | Continue with the plan | yes, go ahead! | sounds good | lgtm
      | Looks good to me, proceed. | do both | 2 | option 2 | b | 👍 | Perfect, thanks! | yes to all of them | keep going
      | ja bitte | weiter | mach weiter | oui, vas-y | d’accord | sí, continúa | dale | pode continuar | sì, procedi
      | да, продолжай | tak, kontynuuj | devam et | 好的 | 继续。 | はい、続けてください | 네, 계속해줘
    `),
  )('%s', (text) => {
    expect(isAcknowledgement(text)).toBe(true)
  })

  test.each(
    texts(`
      | no | yes, but rename the file first | continue with the refactoring of src/a.ts | ok now add tests | fix it
      | do you know why it fails? | it | the plan | ja, aber anders | 继续修复测试 | start the server
      | thanks, now explain this
    `),
  )('not: %s', (text) => {
    expect(isAcknowledgement(text)).toBe(false)
  })
})

describe('isComplaint', () => {
  test.each(
    texts(`
      still failing | The test is still failing. | that didn't work | That did not fix it | same error again | Same problem.
      | no, that's wrong | No, I meant the other file | it's still not working | you broke the build | You forgot the tests
      | wrong | revert that | undo your last change | this isn't what I asked for | that's not right | it fails again
      | now it's broken | your fix doesn’t work | I still get the error | you made it worse | nope, still red
      | still the same | funktioniert immer noch nicht | gleicher Fehler | ça ne marche toujours pas | même erreur
      | sigue fallando | no funciona | ainda não funciona | non funziona | всё ещё падает | та же ошибка
      | nadal nie działa | 还是不行 | 同样的错误 | まだ動かない | 여전히 안돼요
    `),
  )('%s', (text) => {
    expect(isComplaint(text)).toBe(true)
  })

  test.each(
    texts(`
      thanks, that works | now add a test | continue | why is this test failing? | Add a retry for requests that fail
      | no changes to the API please | is it still possible to use v1? | make the same change in b.ts
      | the button should not work offline | fix the wrong import in a.ts | you can also remove the old file
      | now the other one | Write a test that fails when the file is missing
    `),
  )('not: %s', (text) => {
    expect(isComplaint(text)).toBe(false)
  })

  test('hostile texts are read in time', () => {
    const hostile = ['still ', 'funktioniert a b c ', 'you ', 'same exact ', 'that is was '].map((text) =>
      text.repeat(5_000),
    )
    const started = performance.now()
    for (const text of hostile) isComplaint(text)
    expect(performance.now() - started).toBeLessThan(500)
  })
})
