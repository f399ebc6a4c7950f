import { describe, expect, it } from 'vitest'
import { featuresOf } from '../../../src/core/tasks/features.ts'

describe('verbs that order', () => {
  it.each([
    ['add a test', ['add']],
    ['ok, can you please also add a test?', ['add']],
    ['fix the bug and rename the class', ['fix', 'rename']],
    ['I added a test', []],
    ["don't rename it", []],
    ['the rename broke things', []],
    ['kannst du die Funktion umbenennen', ['rename']],
  ])('%s: %j', (text, verbs) => expect(featuresOf(text).verbs).toEqual(verbs))
})

describe('questions', () => {
  it.each([
    ['what does this do', true],
    ['can you add a test?', false],
    ['is this right?', true],
    ['explain how it works?', true],
    ['这是什么', true],
    ['add a test', false],
  ])('%s: %s', (text, question) => expect(featuresOf(text).question).toBe(question))
})

it('the object of a verb ends where something else begins', () => {
  expect(featuresOf('write a script that runs the tests').object.has('tests')).toBe(false)
  expect(featuresOf('write tests that use the script').object.has('tests')).toBe(true)
})

it('a longer phrase takes its words away from a shorter one', () => {
  expect(featuresOf('improve the error handling').concepts.has('failing')).toBe(false)
  expect(featuresOf('there is an error').concepts.has('failing')).toBe(true)
})

it.each(['refacotr this', 'reafctor this', 'refacto this', 'refactorr this', 'REFACTOR this', 'refactoring this'])(
  'forgives a slip: %s',
  (text) => expect(featuresOf(text).concepts.has('refactor')).toBe(true),
)

it('does not take another word for a slip', () => {
  expect(featuresOf('the factory preview').concepts.has('refactor')).toBe(false)
  expect(featuresOf('the factory preview').concepts.has('review')).toBe(false)
})

it.each([
  ['bump to 5', true],
  ['react@19', true],
  ['use v2', true],
  ['1.26.0', true],
  ['set it to 30s', false],
  ['line 12', false],
])('a version in %s: %s', (text, version) => expect(featuresOf(text).version).toBe(version))

it('counts words outside fences, and unspaced scripts by two characters', () => {
  expect(featuresOf('one two\n```\nthree four five\n```\nsix').words).toBe(3)
  expect(featuresOf('修复这个错误').words).toBeGreaterThanOrEqual(3)
})
