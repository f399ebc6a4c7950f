/**
 * What English requests are about: concept -> phrases, separated by commas. They decide which phrases mean the same,
 * never a task type.
 */

/** Things and circumstances: they count anywhere in the text. */
export const ENGLISH_THINGS = {
  tests: `
    increase the coverage, increase coverage, increase test coverage, cover,
    test, unit test, spec, coverage, e2e, test case, test suite, test scenario, regression test, integration test,
    property based, fuzz test, load test, snapshot test, pytest, jest, vitest, rspec, junit, assertion, cypress,
    playwright, test plan, mocha
  `,
  tests_failing: `
    test fail, tests are failing, test is failing, test are still failing, failing test, broken test, red test,
    test broke, tests are red, test break, tests are broken, test is broken, test do not pass, test dont pass,
    test doesnt pass, test does not pass, test crash, failing spec, spec fail, test time out, test timeout,
    tests pass locally, test error, make the tests pass, get the tests to pass
  `,
  failing: `
    fail, failure, broken, break, broke, crash, error, exception, throw, threw, bug, buggy, not work, doesnt work,
    dont work, isnt working, does not work, not working, stopped working, wont start, wont build, wont compile,
    doesnt compile, does not compile, doesnt build, doesnt load, doesnt show, does not show, doesnt appear,
    incorrectly, traceback, stack trace, panic, regression, hang, freeze, stuck, time out, timing out,
    infinite loop, off by one, null pointer, nullpointerexception, npe, nan, typeerror, valueerror, keyerror,
    referenceerror, syntaxerror, indexerror, attributeerror, runtimeerror, recursionerror, segmentation,
    returns 500, return 500, 500 error, 404, 500, 502, 503, misbehave, go wrong, goes wrong, went wrong,
    wrong result, wrong value, wrong output, wrong order, returns wrong, still wrong, no longer work, ci is red,
    build is red, not rendering, not showing, not updating, not being called, not applied, merge conflict, conflict,
    timed out, unhandled, stack overflow, overflow, undefined is not, is not a function, cannot read propert,
    didnt work, did not work, out of range, out of bound
  `,
  suspect: `
    issue, problem, wrong, incorrect, unexpected, weird, strange, odd, not correct, missing, instead of,
    should have, not getting, no longer, lost, leaking, duplicate, glitch, not quite right, confused, silently,
    ignores, not persisted, never called, never set, never cleared, swallow
  `,
  hard_bug: `
    race condition, data race, race, racy, deadlock, livelock, memory leak, leaks memory, memory keeps growing,
    memory growth, memory grow, goroutine leak, connection leak, fd leak, file descriptor leak, handle leak,
    heisenbug, flaky, flake, flakes, flakiness, intermittent, intermittently, nondeterministic, non deterministic,
    sporadic, sporadically, randomly, only in production, only in prod, in production only,
    only happens in production, only happens in prod, only fails in ci, only on prod, only on production, corrupt,
    corruption, corrupted state, corrupts, inconsistent state, data loss, losing data, out of memory, oom,
    oomkilled, use after free, double free, segfault, segmentation fault, core dump, under load, under heavy load,
    split brain, lost update, lost updates, thread safety, heap corruption, stale read, cant reproduce,
    cannot reproduce, hard to reproduce, can not reproduce, unable to reproduce, once every few, every few hours,
    every few days, after a few hours, after several hours, after a few days, sometimes fails, fails sometimes,
    sometimes works, works sometimes, works locally but, works on my machine, starvation, hangs forever,
    double charged, charged twice, processed twice, out of order, out of sync, drifts out, every so often,
    once in a while, interleaving, non reproducible
  `,
  deep: `
    across services, across modules, several services, several modules, multiple services, multiple modules,
    distributed, concurrency, concurrent, concurrently, multi threaded, replica, between services, end to end,
    replication
  `,
  architecture: `
    architecture, architectural, system design, design doc, tradeoff, trade off, pros and cons, an rfc, an adr, rfc for, adr for, rfc about,
    scalability, data model, domain model, service boundaries, bounded context, monolith, microservice,
    event sourcing, cqrs, technical design, high level design, tech stack, migration strategy, rollback strategy,
    zero downtime, capacity planning, multi region, sharding strategy
  `,
  troubleshoot: `
    how do i debug, how do i fix, how do i trace, how do i investigate, how do i isolate, how do i diagnose,
    how do i resolve, how do i solve, how do i profile, how do i troubleshoot, how do i tune, how do i find the cause,
    how to debug, how to fix, how to trace, how to investigate, how to diagnose, how to resolve, how can i debug,
    how can i fix, how should i debug, how should we debug, where do i start, common causes, possible causes,
    what causes, what could cause, why is my, why is our, why isnt, why doesnt, why arent, why am i getting, why do i get, why is it not, what is causing, whats causing, likely cause
  `,
  structure_question: `
    how would you structure, how should we structure, how should i structure, how would you design,
    how should we design, how should i design, how would you architect, how would you organize,
    how should we organize, how should i organize, how would you approach, how should we approach,
    whats the best architecture, what is the best architecture, best way to structure, best way to architect,
    best way to organize, best approach for, best approach to, right abstraction, how would you model,
    how should we model, what are our options, what are my options, what architecture, which architecture,
    how to structure, how to architect, how would you split, how should we split, good strategy for,
    where should the boundary, how do we scale, how would we scale, how should we scale, how should we handle,
    how would you handle, design decision, high level approach
  `,
  choice_question: `
    should we use, should i use, should we go with, should i go with, should we switch, should we move,
    should we adopt, should we migrate, should we keep, should we split, would you use, would you choose,
    would you pick, which is better, what is better, whats better, better to use, or should we,
    does it make sense to, is it worth
  `,
  system: `
    system, platform, engine, framework, server, service, pipeline, architecture, compiler, frontend, database,
    infrastructure, network, application, marketplace, protocol, subsystem, library, runtime, scheduler,
    orchestrator, kernel, storage, backend, stack, manager, interpreter, gateway, cluster, economy, workflow,
    solution, strategy, deployment, module, consensus, coordinator, allocator, optimizer
  `,
  security: `
    security, vulnerability, vulnerable, owasp, xss, csrf, ssrf, sql injection, command injection, prompt injection,
    path traversal, threat model, threat modeling, pen test, pentest, penetration test, exploit, exploitable,
    auth bypass, authentication bypass, privilege escalation, attack surface, attacker, malicious, hardcoded secret,
    leaked secret, leak secret, exposed secret, secrets in the repo, insecure, secure, security hole,
    remote code execution, rce, idor, session fixation, penetration, hipaa, pci
  `,
  security_audit: `
    security audit, security review, security assessment, security analysis, threat model, threat modeling, pentest,
    penetration test, pen test, vulnerability assessment, vulnerability scan, audit the security,
    review the security, security check, check the security
  `,
  repo_wide: `
    in both repos, in both repositories,
    across the repo, across the repository, across the codebase, across the code base, across the whole,
    across the entire, across the monorepo, across the project, whole repo, whole repository, whole codebase,
    whole code base, whole project, whole monorepo, entire repo, entire repository, entire codebase,
    entire code base, entire project, entire monorepo, all services, every service, all packages, every package,
    all our packages, all our services, across all, across every, across services, across packages, across repos,
    across repositories, across our, all repos, all repositories, both repos, both repositories, several repos,
    multiple repos, repo wide, repository wide, codebase wide, project wide, all modules, every module,
    all the services, all the packages, all of our, throughout the repo, throughout the codebase,
    throughout the project, all microservices, every repo, other repo, monorepo wide, all over the codebase,
    the rest of the codebase, all the repos, every microservice, the codebase
  `,
  everywhere: `
    everywhere, all usages, all usage, all uses, every usage, all occurrences, every occurrence, all call sites,
    all callers, every caller, all references, all files, every file, all the files, in all places, throughout,
    all components, every component, all tests, all the tests, all handlers, every handler, all endpoints,
    every endpoint, all imports, all instances, every instance, all the components, all the places, every call site,
    all controllers, all the handlers, all the call sites, all of them, every place
  `,
  several_files: `
    both files, two files, three files, four files, five files, these files, those files, several files,
    multiple files, a few files, couple of files, both the frontend and, both frontend and, frontend and backend,
    backend and frontend, client and server, server and client, in both, and its tests, and the tests, and the docs,
    and update the, controller and, handler and, route and, model and, component and, following plan, this plan,
    the plan, schema and, and the types
  `,
  symbol: `
    variable, function, method, class, parameter, param, argument, constant, field, property, prop, const,
    identifier, symbol, attribute, enum, interface, type, local, var, struct, helper, hook, component, column, key,
    flag
  `,
  big_rename: `
    file, folder, directory, package, module, table, endpoint, project, service, database, repo, namespace,
    terminology, route, crate, concept, files
  `,
  docstring: `
    docstring, doc string, jsdoc, tsdoc, javadoc, doc comment, docblock, phpdoc, rustdoc, godoc, pydoc, kdoc,
    xml doc, xml comment, documentation comment, function documentation, inline documentation, rdoc, doxygen,
    documentation string
  `,
  code_comment: 'comment, inline comment, code comment, explanatory comment, header comment',
  review_comment: `
    pr comment, review comment, pull request comment, bugbot comment, comment on the pr, comments on the pr,
    pr feedback, review feedback, pr review, pr review comment, reviewer, coderabbit, more comment, new comment,
    nitpick, more pr comment, few more pr comment, outstanding comment, review remarks, pr review feedback,
    pull request feedback, feedback on, new feedback, copilot comment
  `,
  doc_file: `
    readme, changelog, documentation, docs, wiki, guide, tutorial, contributing, runbook, claude md, agents md,
    handbook, release notes, docs page
  `,
  import_error: `
    missing import, missing imports, unresolved import, unused import, unused imports, wrong import, broken import,
    import error, importerror, modulenotfounderror, module not found, cannot find module, cant find module,
    could not resolve, cannot resolve, cant resolve, unable to resolve, no module named, circular import,
    import path, import paths, import order, cannot find name, unresolved reference, undefined name,
    failed to resolve import, does not provide an export, is not exported, has no exported member, duplicate import,
    relative import, absolute import, missing require, import statement, cannot find symbol, undeclared name,
    use of undeclared, unresolved module, auto import, dynamic import, import fails, import is missing,
    imports are missing, import is broken, missing use statement, missing include, missing using
  `,
  import: 'import, imports, using directive',
  dependency: `
    dependency, dependencies, deps, lockfile, lock file, package lock, package json, requirements txt, cargo toml,
    go mod, gemfile, pom xml, pyproject, dependabot, renovate, npm audit, peer dep, peer dependency, dev dependency,
    devdependencies, node module, npm package, outdated package, latest version, to latest, to the latest,
    newer version, newest version, third party librar, semver, node version, python version, go version,
    major version, minor version, patch version, base image, sdk version, github actions, pnpm lock, yarn lock,
    outdated, transitive
  `,
  setting: `
    timeout, limit, retry, retries, size, font, threshold, interval, memory, padding, margin, count, timeouts,
    delay, ttl, batch, pool, log level, verbosity, opacity, width, height, priority, replicas, buffer
  `,
  typo: 'typo, typos, misspelling, misspelled, misspelt, spelling, spelling mistake, grammar, mistyped',
  small_spot: `
    this line, that line, one line, single line, on line, line, semicolon, whitespace, trailing comma,
    trailing whitespace, trailing space, indentation, indent, extra space, newline, blank line, empty line,
    missing bracket, missing paren, missing brace, closing brace, closing bracket, closing paren, missing quote,
    closing tag, quotation mark, label, button text, button label, placeholder text, error message, log message,
    log line, log statement, log level, color, colour, padding, margin, font size, tooltip, console log,
    print statement, default value, constant, magic number, title text, heading, page title, copyright year,
    version string, capital letter, apostrophe, border, border radius, icon, emoji, full stop, this condition,
    this expression, this string, the string, return type, underscore, comma, footer text, opacity, debugger, const,
    ternary, flag to, to true, to false, css class, aria label, alt text, link text
  `,
  boilerplate: `
    create a pull request template, create a pr template,
    boilerplate, skeleton, stub, stubs, getter, setter, constructor, crud, dto, pojo, data class, dataclass,
    tostring, equals and hashcode, hashcode, barrel file, index file, gitignore, editorconfig, dockerignore,
    env example, hello world, starter, config file, tsconfig, eslint config, prettierrc, eslintrc, mock data,
    seed data, sample data, dummy data, fixture, lorem ipsum, license file, makefile, issue template, pr template,
    pull request template, typescript interface, type definition, typings, type hint, type annotation,
    builder pattern, switch case, empty component, empty class, empty function, project structure, scaffold,
    scaffolding, package json, dockerfile, template, placeholder, from this json, from the json, from this schema,
    pydantic model, zod schema, enum with, enum for, default config, folder structure, serializer, proto message,
    props interface, migration file, hello world program, cargo toml, setup py
  `,
  completion: `
    complete this line, complete the line, complete this function, complete the function, complete this code,
    complete the code, complete this snippet, complete this statement, complete this method, complete the method,
    complete this expression, complete this block, complete the rest, complete the body,
    complete the following code, complete the following function, complete the next line, complete the current line,
    complete this loop, complete this class, complete this query, complete this regex, complete this import,
    complete the statement, complete the snippet, complete at the cursor, finish this line, finish the line,
    finish this function, finish the function, finish this statement, finish this snippet, finish this code,
    finish this loop, finish this method, finish this expression, finish typing, fill in the middle,
    fill in the rest, fill in the body, fill in the blank, fill the gap, fill in the missing code,
    fill in the function body, autocomplete this, autocomplete the, auto complete this, auto complete the,
    continue this line, continue the code, continue this function, continue typing, what comes next,
    whats the next line, what is the next line, suggest the next line, predict the next, next token,
    code completion, at the cursor, suggest a completion, inline completion, complete the code at
  `,
  change_set: `
    pr, pull request, diff, my changes, the changes, these changes, this change, this branch, the branch,
    this commit, last commit, my branch, local branch, uncommitted, patch, staged, merge request, mr, local changes,
    recent changes
  `,
  quality_question: `
    any issues, any bugs, any problems, potential issues, potential problems, potential bugs, anything wrong,
    anything missing, edge cases, is this correct, is this right, correct, looks good, look good, lgtm,
    best practice, feedback, your thoughts, code smell, code quality, anti pattern, antipattern,
    suggest improvements, improvements, what do you think, did i miss, do you see
  `,
  vague: `
    make it better, make this better, improve everything, something is off, something feels off, something like,
    not sure what, not sure how, not really sure, no idea, dont know what, dont know how, whatever you think,
    whatever it takes, surprise me, figure it out, figure something out, do your thing, do what you think,
    as you see fit, your best judgement, your best judgment, come up with, i have an idea, ideas for, explore,
    novel, invent, prototype, proof of concept, experiment, somehow, magical, next level, production ready,
    world class, delightful, more robust, make it work, make it nice, make it good, make everything, brainstorm,
    blue sky, moonshot, vision, what should i build, what should we build, where do i even start, where do we start,
    open ended, reimagine, rethink, feels wrong, modernize the, make the app, revamp, overhaul, improve the app,
    improve this app, improve the project, take it to, the right thing, up to you, you decide, or something,
    kind of like, sort of like, research how, do better
  `,
  plan_to_do: `
    following plan, the plan, this plan, plan below, this spec, the spec below, execute plan, implementation plan
  `,
  duplication: `
    duplication, duplicated, code smell, spaghetti, god class, god object, too long, too complex, more readable,
    readability, maintainable, dry, coupling, separation of concerns, into its own, into a separate, into smaller,
    into helper, shared helper, early return, dead code, design pattern, into a hook, dependency injection,
    unused code, nested if, nested loop body, deeply nested, instead of duplicating, duplicates, is too big, into a class, into modules, into a module,
    into separate
  `,
  neutral: `
    todo comment,
    error handling, error handler, error code, error class, error type, error boundary, error page, error state,
    error log, exception handling, exception handler, failure recovery, crash recovery, failover, fail safe,
    fail fast, failure mode, error recovery, bug report, linear issue, github issue, jira issue, follow up issue,
    no problem, test data, test environment, test account, test server, leak detection, deadlock detection,
    deadlock detector, leak detector, race detector, conflict detection, conflict resolution, error rate,
    error budget, crash report, crash reporting, panic button, error reporting, line item, line chart, command line,
    pipeline, timeline, deadline, breakpoint, line break, break down, breakdown, line height, the error message,
    retry on failure, corruption detection, partial failure, network failure, handle failures, failure handling,
    exception tracking, error tracking, error correction, fault tolerance, break the problem, out of scope,
    out of the box, race car, security group, concurrent edits, test drive
  `,
} as const satisfies Record<string, string>
