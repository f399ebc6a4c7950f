/**
 * Recognises two kinds of short replies: one that lets the work go on, and one that says the last answer was not good.
 * It decides by wording, in several languages. A text is an acknowledgement only if it says nothing else.
 */

const LONGEST_ACKNOWLEDGEMENT = 80
const COMPLAINT_OPENING = 400

/** Words that let the work go on by themselves. */
const GO_ON = words(`
  yes yep yeah yup ya y ok okay k kk sure fine good great perfect nice cool alright right correct agreed approved lgtm
  continue proceed go ahead do start resume keep going thanks thank thx ty please pls
  ja jo jawohl gut weiter mach passt genau okey klar danke bitte fortfahren
  oui ouais continue continuez vas-y allez-y d'accord parfait merci procède
  sí si vale claro continúa continua sigue adelante dale perfecto gracias hazlo
  sim continue continua continuar seguir prossiga perfeito obrigado pode isso
  sì va bene continua procedi perfetto grazie vai
  ja doe goed prima verder ga bedankt akkoord
  да ага ок хорошо продолжай продолжайте давай дальше отлично спасибо верно
  tak dobrze dalej kontynuuj dziękuję dzięki świetnie
  evet tamam devam et olur teşekkürler
`)

/** Words that may stand beside those without saying anything new. */
const FILLERS = words(`
  it that this on with the plan now then and so to all of them as planned you your suggested proposed suggestion
  sounds looks very much for me i a an one next step steps both
  es das den machen so nur mal bitte damit
  le la les ça c'est bon plan avec
  lo el los la eso con todo
  o a isso com tudo
  het dat maar zo door
  это так все всё с
`)

const GO_ON_WHOLE: ReadonlySet<string> = new Set([
  '好',
  '好的',
  '可以',
  '继续',
  '請繼續',
  '请继续',
  '是',
  '是的',
  '行',
  '没问题',
  '同意',
  '对',
  'はい',
  'うん',
  '続けて',
  '続けてください',
  'お願いします',
  'いいです',
  'いいよ',
  'オッケー',
  '了解',
  '네',
  '예',
  '응',
  '계속',
  '계속해',
  '계속해줘',
  '좋아',
  '좋아요',
  '진행해',
  '진행해줘',
])

/** True for "yes", "go on", "ok do it", a chosen option ("2"), and the like: nothing new is asked. */
export function isAcknowledgement(text: string): boolean {
  if (text.length > LONGEST_ACKNOWLEDGEMENT) return false
  const plain = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s'’-]+/gu, ' ')
    .trim()
  if (plain === '') return /[👍👌✅🚀🙏]/u.test(text)
  if (/^(?:option )?(?:[1-9]|[a-d])$/.test(plain)) return true
  if (plain.split(/\s+/).every((word) => GO_ON_WHOLE.has(word))) return true
  const said = plain.replaceAll('’', "'").split(/\s+/)
  return said.some((word) => GO_ON.has(word)) && said.every((word) => GO_ON.has(word) || FILLERS.has(word))
}

const COMPLAINTS: readonly RegExp[] = [
  /\bstill (?:fail|not|doesn|does not|don|isn|can'?t|cannot|won'?t|broken|get|see|happen|crash|throw|wrong|the same|same|an? (?:error|issue|problem)|no(?:t|thing)?\b|error|red\b|hang|stuck|missing)/,
  /\b(?:that|it|this|which|your (?:fix|change|patch|solution|edit))(?: still| just)? (?:didn'?t|did not|doesn'?t|does not|hasn'?t|has not|won'?t) (?:work|help|fix|change|solve|compile|build|pass|do (?:it|that|anything))/,
  /\b(?:didn'?t|did not|doesn'?t|does not) (?:work|help|fix (?:it|that|this|anything))\s*(?:[.!?,]|$|either|again|at all)/,
  /\b(?:exact )?same (?:exact )?(?:error|issue|problem|result|failure|exception|bug|behaviou?r|thing (?:again|happens))\b/,
  /\b(?:not|isn'?t|wasn'?t) (?:fixed|solved|resolved|what i (?:asked|wanted|meant|said)|right\s*(?:[.!,]|$)|correct\s*(?:[.!,]|$))/,
  /^(?:no|nope|nah|wrong)\b[\s,.!]{1,3}(?:that|this|it|you|still|not|wrong|the (?:error|test|problem)|i (?:said|meant|asked|wanted|didn))/,
  /\bthat(?:'s| is| was) (?:still )?(?:wrong|incorrect|not (?:it|right|what|how|correct|true)|worse|broken|even worse)/,
  /^(?:this is |still )?(?:wrong|incorrect|not working|doesn'?t work|nope|broken)(?: again)?\s*[.!]*$/,
  /\byou(?:'ve| have)? (?:broke|broken|forgot|missed|ignored|deleted|removed the wrong|misunderstood|made it worse|didn'?t (?:fix|change|do|update|add|actually|even|listen|read))/,
  /\b(?:undo|revert|roll ?back) (?:that|this|it|your|the last|what you)/,
  /\bfail(?:s|ed|ing)? again\b|\bagain the same\b|\bcame back\b|\bkeeps? (?:failing|crashing|happening|breaking)/,
  /\bmade (?:it|things) worse\b|\bnow it(?:'s| is) (?:broken|worse)\b/,
  /(?:funktioniert|geht|klappt|hilft) (?:\p{L}+ ){0,3}nicht|immer noch|noch immer|(?:der)?selbe fehler|gleicher fehler|das ist falsch|stimmt nicht/u,
  /ne (?:marche|fonctionne) (?:toujours |encore )?pas|(?:ça|ca) (?:marche|fonctionne) (?:toujours )?pas|toujours (?:la même|le même|pas|une erreur)|même (?:erreur|problème)|c'est faux/,
  /sigue (?:fallando|sin|igual|dando|roto)|(?:todavía|aún|todavia|aun) (?:no|falla|da error)|no funcion[aó]|mismo (?:error|problema)|está mal/,
  /(?:ainda|continua) (?:não|nao|falha|com erro|dá erro|dando erro)|(?:não|nao) funcion(?:a|ou)|mesmo (?:erro|problema)|está errado/,
  /non (?:funziona|va|ha funzionato)|ancora (?:errore|non|lo stesso)|stesso (?:errore|problema)|è sbagliato/,
  /werkt (?:nog steeds |nog altijd )?niet|nog steeds|zelfde fout/,
  /(?:вс[её] ещ[её]|опять|снова) (?:не|падает|ошибка|та же)|не (?:работает|помогло|сработало)|та же (?:самая )?ошибка|неправильно/,
  /nadal nie|wciąż nie|nie działa|ten sam błąd|hâlâ|hala çalışm|çalışmıyor|aynı hata/,
  /还是(?:不行|不对|报错|失败|一样|没|有)|仍然(?:失败|报错|不|有)|同样的(?:错误|问题)|不对|没(?:用|修好|解决|有效果)|不行/,
  /まだ(?:動|エラー|失敗|直|だめ|ダメ)|同じ(?:エラー|問題)|直って(?:い)?な|動か(?:ない|ません)|違います|ちがう/,
  /여전히|아직도|같은 (?:오류|에러|문제)|안 ?(?:돼|되|됩|고쳐)|틀렸|작동하지 않/,
]

/** True if the text opens by saying that the last answer did not do. Only asked where there was an answer. */
export function isComplaint(text: string): boolean {
  const opening = text.slice(0, COMPLAINT_OPENING).toLowerCase().replaceAll('’', "'").trim()
  return COMPLAINTS.some((complaint) => complaint.test(opening))
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/).filter((word) => word !== ''))
}
