/**
 * English verbs of request, by what they ask for: concept -> phrases, separated by commas. They decide which words ask
 * for the same, never a task type.
 */

/** Verbs: what is asked for. They count where a clause begins ("add ...", "can you add ..."), see features.ts. */
export const ENGLISH_VERBS = {
  add: 'add, insert, include, introduce, append, put, attach, prepend, cover, expand, import, increase the coverage, increase coverage, increase test coverage',
  create: `
    create, write, generate, produce, draft, scaffold, set up, setup, bootstrap, initialize, init, spin up, give me,
    make me, make a, make an, provide, create a pull request template, create a pr template
  `,
  implement: 'implement, build, develop, support, wire up, wire, integrate, hook up, extend, code up',
  fix: `
    fix, repair, resolve, solve, correct, patch, address, handle, sort out, take care of, unbreak,
    make the tests pass, get the tests to pass, make it pass, hotfix, prevent, avoid, guard against, restore, preserve,
    stop
  `,
  change: `
    change, update, edit, modify, adjust, tweak, set, use, switch, replace, swap, make, toggle, enable, disable,
    turn, show, hide, highlight, align, decrease, reduce, raise, lower, increase, print, display, capitalize, uppercase,
    lowercase, reword, rephrase, uncomment, shorten, invert, negate, indent
  `,
  remove: 'remove, delete, drop, strip, get rid of, kill, eliminate, prune, take out, omit, comment out',
  rename: 'rename, change the name of, change the name from, give a better name, renaming',
  move: 'move, relocate',
  extract: 'extract, pull out, hoist, split, factor out, separate, inline',
  refactor: `
    refactor, refactoring, restructure, reorganize, reorganise, clean up, cleanup, clean this, clean the, simplify, break it up, break this up, split it up, dedupe,
    deduplicate, modularize, decouple, untangle, consolidate, unify, rewrite, tidy, tidy up, streamline, rework,
    break up, dry up, flatten, reduce duplication, remove duplication, reduce the duplication,
    remove the duplication, make more readable, decompose
  `,
  migrate: 'migrate, port, convert, transition, move from, switch from, move us off, migrate away',
  upgrade: `
    upgrade, bump, downgrade, pin, unpin, update packages, update the packages, update all packages,
    upgrade packages, upgrade all packages, upgrade the packages
  `,
  review: `
    review, critique, inspect, evaluate, look over, go over, check over, double check, proofread, sanity check,
    code review
  `,
  check: `
    check, verify, look at, take a look, have a look, look into, look through, validate, confirm, make sure, ensure,
    analyze, analyse, scan, assess, audit, list, pentest
  `,
  find: 'find, search, identify, locate, look for, grep',
  explain: `
    explain, describe, summarize, summarise, tell me, show me, walk me through, help me understand, remind me,
    define, clarify, elaborate
  `,
  document: 'document, comment, annotate',
  debug: `
    debug, investigate, diagnose, troubleshoot, trace, figure out why, find out why, track down, root cause, bisect,
    find the cause, find the root cause, work out why, hunt down, isolate, reproduce, get to the bottom of,
    understand why
  `,
  design: 'design, architect, propose, plan, sketch, sketch out, spec out, redesign, rearchitect, outline',
  optimize: `
    optimize, optimise, speed up, profile, tune, make it faster, improve the performance, improve performance
  `,
  complete: 'complete, autocomplete, finish, fill in, fill',
  run: 'run, execute, start, launch, rerun, restart, install, deploy, publish, release, ship',
  git: `
    commit, push, merge, rebase, cherry pick, tag, stash, checkout, squash, amend, pull, fetch, open a pr,
    open a pull request, open a draft pr, create a pr, create a pull request, create a draft pr, create a branch,
    create a new branch, draft pr, draft a pr, launch a draft pr, make a pr, make a commit, open pr, raise a pr,
    switch to main, update the pr description, update pr description, update the pr, link the pr
  `,
  format: 'format, reformat, lint, prettify, sort, alphabetize',
  improve: 'improve, enhance, polish, harden, modernize',
} as const satisfies Record<string, string>
