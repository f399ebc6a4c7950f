/**
 * Everyday words of request in German, French, Spanish and Portuguese, for the concepts of lexicon.ts. They decide which phrases mean the same
 * and never a task type. Their verbs may stand at the end of a sentence, so they count wherever they are. A word that an
 * English ending turns into an English word is left out; accents are folded away on both sides.
 */
import type { Phrases } from './lexicon.ts'

const GERMAN: Phrases = {
  add: 'füge, hinzufügen, ergänze, ergänzen, einfügen, ergänzt',
  create: `
    schreibe, schreib, schreiben, erstelle, erstellen, erzeuge, erzeugen, generiere, generieren, anlegen, lege
  `,
  implement: 'implementiere, implementieren, baue, bauen, entwickle, entwickeln',
  fix: 'behebe, beheben, repariere, reparieren, korrigiere, korrigieren, fixe, fixen',
  change: 'ändere, ändern, aktualisiere, aktualisieren, ersetze, ersetzen, setze',
  remove: 'entferne, entfernen, lösche, löschen',
  rename: 'benenne, umbenennen, umbenannt',
  refactor: `
    refaktoriere, refaktorisiere, refactore, refactoren, umstrukturieren, vereinfache, vereinfachen, aufräumen,
    räume
  `,
  migrate: 'migriere, migrieren',
  upgrade: 'hebe',
  review: 'prüfe, prüfen, überprüfe, überprüfen, begutachte, reviewe',
  explain: 'erkläre, erklären, beschreibe, fasse',
  document: 'dokumentiere, dokumentieren, kommentiere',
  debug: 'debugge, debuggen, untersuche, untersuchen, analysiere',
  design: 'entwerfe, entwirf, entwerfen, konzipiere, gestalte',
  optimize: 'optimiere, optimieren, beschleunige',
  complete: 'vervollständige, vervollständigen',
  completion: `
    vervollständige diese zeile, vervollständige diese funktion, vervollständige den code,
    diese funktion vervollständigen, diese zeile vervollständigen
  `,
  tests: 'unittests, testfälle, komponententests, integrationstests',
  tests_failing: 'tests schlagen fehl, test schlägt fehl, tests scheitern, test scheitert',
  failing: `
    fehler, fehlgeschlagen, schlägt fehl, schlagen fehl, funktioniert nicht, kaputt, abstürzt, stürzt, absturz,
    geht nicht, scheitert, ausnahme
  `,
  suspect: 'problem, falsch, fehlt, seltsam',
  hard_bug: `
    wettlaufsituation, speicherleck, speicherlecks, sporadisch, gelegentlich, nur in produktion, verklemmung,
    manchmal, beschädigt, zeitweise
  `,
  architecture: 'architektur, abwägung, vor und nachteile, datenmodell',
  structure_question: 'wie würdest du, wie sollten wir, wie soll ich',
  choice_question: 'sollen wir, sollten wir, soll ich',
  system: 'plattform, dienst, anwendung, datenbank',
  security: 'sicherheit, sicherheitslücke, sicherheitslücken, schwachstelle, schwachstellen, angreifer',
  security_audit: 'sicherheitsaudit, sicherheitsprüfung, bedrohungsmodell, sicherheitsanalyse',
  repo_wide: `
    im ganzen repo, im gesamten repository, im gesamten repo, in der gesamten codebasis, in allen diensten,
    in allen paketen, im ganzen projekt, im gesamten projekt
  `,
  everywhere: 'überall, alle aufrufe, alle vorkommen, alle dateien',
  several_files: 'beide dateien, in beiden dateien, drei dateien',
  symbol: 'funktion, methode, klasse, konstante',
  code_comment: 'kommentar, kommentare',
  import_error: 'fehlender import, fehlenden import, fehlende import, fehlenden imports, import fehlt',
  dependency: 'abhängigkeit, abhängigkeiten, auf die neueste version, neueste version, pakete',
  typo: 'tippfehler, rechtschreibfehler, schreibfehler, rechtschreibung',
  small_spot: 'zeile, diese zeile, einrückung, leerzeichen, semikolon, beschriftung, farbe',
  duplication: 'lesbarer, doppelten code, duplizierten',
  quality_question: 'verbesserungen, bewährte',
}

const FRENCH: Phrases = {
  add: 'ajoute, ajouter, ajoutez, insère',
  create: 'écris, écrire, écrivez, crée, créer, créez, génère, générer, rédige',
  implement: 'implémente, implémenter, implémentez, développe, construis',
  fix: 'corrige, corriger, corrigez, répare, réparer, résous, résoudre',
  change: 'modifie, modifier, remplace, remplacer, mets à jour, mettre à jour',
  remove: 'supprime, supprimer, enlève',
  rename: 'renomme, renommer, renommez',
  refactor: 'refactorise, refactoriser, restructure, simplifie, simplifier, nettoie',
  migrate: 'migre, migrer',
  review: 'relis, vérifie, vérifier, examine, examiner, révise, passe en revue',
  explain: 'explique, expliquer, décris, résume',
  document: 'documente, documenter, commente',
  debug: 'débogue, déboguer, débugger, enquête, diagnostique',
  design: 'conçois, concevoir, concevez, planifie, architecture',
  optimize: 'optimise, optimiser, accélère',
  complete: 'complète, compléter, termine',
  completion: `
    complète cette ligne, complète cette fonction, complète le code, termine cette ligne, termine cette fonction
  `,
  tests: 'tests unitaires, cas de test, jeux de test, test unitaire',
  tests_failing: 'tests échouent, test échoue, tests ne passent, test ne passe',
  failing: `
    erreur, erreurs, échoue, échouent, plante, ne fonctionne pas, ne marche pas, ne marche plus, cassé, bogue,
    exception
  `,
  suspect: 'problème, incorrect, manque, bizarre',
  hard_bug: `
    situation de compétition, condition de course, accès concurrents, fuite mémoire, fuite de mémoire, interblocage,
    intermittent, aléatoirement, seulement en production, uniquement en production, corrompu, corrompues, parfois,
    par intermittence, de temps en temps
  `,
  architecture: 'compromis, avantages et inconvénients, modèle de données',
  structure_question: 'comment structurer, comment devrions nous, comment concevoir',
  choice_question: 'devrions nous, faut il utiliser, vaut il mieux, dois je utiliser',
  system: 'système, plateforme, moteur, serveur, base de données, bibliothèque',
  security: 'sécurité, vulnérabilité, vulnérabilités, failles, faille, attaquant',
  security_audit: 'audit de sécurité, modèle de menace, analyse de sécurité',
  repo_wide: `
    dans tout le dépôt, tout le projet, toute la base de code, dans tous les services, tous les paquets,
    tout le dépôt
  `,
  everywhere: 'partout, toutes les occurrences, tous les appels, tous les fichiers',
  several_files: 'les deux fichiers, trois fichiers, ces fichiers',
  symbol: 'fonction, méthode, classe, constante',
  code_comment: 'commentaire, commentaires',
  import_error: 'import manquant, imports manquants, module introuvable',
  dependency: 'dépendance, dépendances, dernière version, paquets',
  typo: 'faute de frappe, coquille, fautes de frappe, faute d orthographe, orthographe',
  small_spot: 'ligne, cette ligne, point virgule, couleur, indentation, libellé',
  duplication: 'lisible, code dupliqué, lisibilité',
  quality_question: 'améliorations, bonnes pratiques',
}

const SPANISH: Phrases = {
  add: 'añade, añadir, agrega, agregar, agregue',
  create: 'escribe, escribir, crea, crear, genera, generar, redacta',
  implement: 'implementa, implementar, desarrolla, construye',
  fix: 'corrige, corregir, arregla, arreglar, soluciona, solucionar, resuelve',
  change: 'cambia, cambiar, modifica, modificar, reemplaza, actualiza',
  remove: 'elimina, eliminar, borra, quita',
  rename: 'renombra, renombrar, cambia el nombre',
  refactor: 'refactoriza, refactorizar, reestructura, simplifica, simplificar, limpia',
  migrate: 'migra, migrar',
  review: 'revisa, revisar, examina',
  explain: 'explica, explicar, explícame, describe',
  document: 'documenta, documentar, comenta',
  debug: 'depura, depurar, depuro, investiga, diagnostica',
  design: 'diseña, diseñar, planifica',
  optimize: 'optimiza, optimizar, acelera',
  complete: 'completa, completar, termina',
  completion: 'completa esta línea, completa esta función, completa el código, termina esta línea',
  tests: 'pruebas unitarias, pruebas, prueba, casos de prueba, tests unitarios',
  tests_failing: 'pruebas fallan, prueba falla, tests fallan, test falla',
  failing: 'error, errores, falla, fallan, fallo, no funciona, no funcionan, se cae, se rompe, roto, excepción',
  suspect: 'problema, incorrecto, falta, raro',
  hard_bug: `
    condición de carrera, condiciones de carrera, fuga de memoria, fugas de memoria, interbloqueo, intermitente,
    intermitentemente, aleatoriamente, solo en producción, solamente en producción, corrupto, corruptos,
    de vez en cuando
  `,
  architecture: 'arquitectura, ventajas y desventajas, modelo de datos',
  structure_question: 'cómo estructurarías, cómo deberíamos, cómo diseñarías, cómo estructurar',
  choice_question: 'deberíamos usar, debería usar, es mejor usar, deberíamos',
  system: 'sistema, plataforma, motor, servidor, base de datos, servicio, biblioteca',
  security: 'seguridad, vulnerabilidad, vulnerabilidades, atacante, fallos de seguridad',
  security_audit: 'auditoría de seguridad, modelo de amenazas, análisis de seguridad',
  repo_wide: `
    en todo el repositorio, en todo el proyecto, todo el código, en todos los servicios, en todos los paquetes,
    todo el repositorio
  `,
  everywhere: 'en todas partes, todas las llamadas, todos los archivos, todas las ocurrencias',
  several_files: 'ambos archivos, los dos archivos, tres archivos, estos archivos',
  symbol: 'función, método, clase, constante',
  code_comment: 'comentario, comentarios',
  import_error: 'import faltante, importación faltante, importación que falta, imports faltantes, import que falta',
  dependency: 'dependencia, dependencias, última versión, paquetes',
  typo: 'errata, error tipográfico, errores tipográficos, ortografía, error de ortografía, error ortográfico',
  small_spot: 'línea, esta línea, punto y coma, sangría, etiqueta',
  duplication: 'código duplicado, legible, legibilidad',
  quality_question: 'mejoras, buenas prácticas',
}

const PORTUGUESE: Phrases = {
  add: 'adicione, adicionar, adiciona, acrescente',
  create: 'escreva, escrever, crie, criar, gere, gerar, escreve',
  implement: 'implemente, implementar, desenvolva, construa',
  fix: 'corrija, corrigir, conserte, consertar, resolva, arrume',
  change: 'altere, alterar, mude, mudar, modifique, substitua, atualize',
  remove: 'remova, remover, exclua, apague',
  rename: 'renomeie, renomear',
  refactor: 'refatore, refatorar, reestruture, simplifique, limpe',
  migrate: 'migre, migrar',
  review: 'revise, revisar, analise, examine',
  explain: 'explique, explicar, descreva, resuma',
  document: 'documente, documentar, comente',
  debug: 'depure, depurar, investigue, diagnostique',
  design: 'projete, projetar, planeje, desenhe',
  optimize: 'otimize, otimizar, acelere',
  complete: 'complete, completar, termine',
  completion: 'complete esta linha, complete esta função, complete o código, termine esta linha',
  tests: 'testes unitários, testes, teste, casos de teste',
  tests_failing: 'testes falham, teste falha, testes estão falhando, teste está falhando',
  failing: 'erro, erros, falha, falham, falhando, não funciona, quebra, quebrado, trava, exceção',
  suspect: 'problema, incorreto, estranho, faltando',
  hard_bug: `
    condição de corrida, condições de corrida, vazamento de memória, intermitente, intermitentemente,
    aleatoriamente, só em produção, apenas em produção, somente em produção, corrompido, corrompidos, às vezes,
    de vez em quando
  `,
  architecture: 'arquitetura, prós e contras, modelo de dados',
  structure_question: 'como você estruturaria, como devemos, como estruturar',
  choice_question: 'devemos usar, devo usar, deveríamos usar, é melhor usar',
  system: 'sistema, plataforma, motor, servidor, banco de dados, serviço, biblioteca',
  security: 'segurança, vulnerabilidade, vulnerabilidades, atacante',
  security_audit: 'auditoria de segurança, modelo de ameaças, análise de segurança',
  repo_wide: `
    em todo o repositório, em todo o projeto, todo o código, em todos os serviços, em todos os pacotes,
    todo o repositório
  `,
  everywhere: 'em todos os lugares, todas as chamadas, todos os arquivos, todas as ocorrências',
  several_files: 'ambos os arquivos, os dois arquivos, três arquivos',
  symbol: 'função, método, classe, variável, constante',
  code_comment: 'comentário, comentários',
  import_error: 'import ausente, import faltando, importação ausente, importação faltando, imports ausentes',
  dependency: 'dependência, dependências, última versão, versão mais recente, pacotes',
  typo: 'erro de digitação, erros de digitação, erro de ortografia, ortografia',
  small_spot: 'linha, esta linha, ponto e vírgula, rótulo, recuo',
  duplication: 'código duplicado, legível, legibilidade',
  quality_question: 'melhorias, boas práticas',
}

/** One lexicon per language. */
export const LATIN_LEXICONS: readonly Phrases[] = [GERMAN, FRENCH, SPANISH, PORTUGUESE]
