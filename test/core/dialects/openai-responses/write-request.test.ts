import { describe, expect, it } from 'vitest'
import { readRequest } from '../../../../src/core/dialects/openai-responses/read-request.ts'
import { writeRequest } from '../../../../src/core/dialects/openai-responses/write-request.ts'
import { readChatRequest, writeChatRequest } from '../../../../src/core/dialects/translation.ts'

const TARGET = { maxOutputTokens: 32_000 }

function fromClaude(body: object) {
  const messages = [{ role: 'user', content: 'Hi' }]
  const request = readChatRequest({ model: 'm', max_tokens: 50, messages, ...body }, 'anthropic-messages')
  return writeChatRequest(request, 'openai-responses', TARGET)
}

describe('a Responses request from a Messages client', () => {
  it('stores nothing, and says instructions and limit as this API does', () => {
    const { body, warnings } = fromClaude({ system: 'Be brief', max_tokens: 1 })
    expect(body).toEqual({
      model: 'm',
      instructions: 'Be brief',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
      max_output_tokens: 16,
      store: false,
    })
    expect(warnings).toEqual(['max_output_tokens:raised_to_16'])
  })

  it('leaves out what only the other provider is told', () => {
    const header = { type: 'text', text: 'x-anthropic-billing-header: cc_version=1; cch=1f' }
    const { body, warnings } = fromClaude({ system: [header, { type: 'text', text: 'Be brief' }] })
    expect(body['instructions']).toBe('Be brief')
    expect(warnings).toEqual([])
  })

  it('writes items for calls and results, with what results show', () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }
    const { body, warnings } = fromClaude({
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: [
            { type: 'redacted_thinking', data: 'x' },
            { type: 'text', text: 'Looking' },
            { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'seen' }, image] }],
        },
        { role: 'system', content: 'Hurry' },
      ],
    })
    expect(body['input']).toEqual([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Looking', annotations: [] }],
      },
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{"x":1}' },
      {
        type: 'function_call_output',
        call_id: 'a',
        output: [
          { type: 'input_text', text: 'seen' },
          { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'auto' },
        ],
      },
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Hurry' }] },
    ])
    expect(warnings).toEqual(['reasoning:dropped'])
  })

  it('does not let this API take a schema more strictly than it was meant', () => {
    const tools = [{ name: 'f', input_schema: { type: 'object', properties: { a: {} } } }]
    expect(fromClaude({ tools }).body['tools']).toMatchObject([{ type: 'function', name: 'f', strict: false }])
  })

  it('asks for effort, and for no summary nobody will be shown', () => {
    const thinking = { type: 'adaptive', display: 'summarized' }
    expect(fromClaude({ thinking, output_config: { effort: 'high' } }).body['reasoning']).toEqual({ effort: 'high' })
    expect(fromClaude({ thinking }).body['reasoning']).toBeUndefined()
  })

  it('asks for a schema under a name', () => {
    const schema = { type: 'object', properties: {}, required: [], additionalProperties: false }
    expect(fromClaude({ output_config: { format: { type: 'json_schema', schema } } }).body['text']).toEqual({
      format: { type: 'json_schema', name: 'answer', schema, strict: true },
    })
  })
})

describe('a Responses request from its own dialect', () => {
  it('says what it said', () => {
    const body = {
      model: 'm',
      instructions: 'i',
      input: [
        {
          type: 'additional_tools',
          role: 'developer',
          tools: [{ type: 'custom', name: 'q', format: { type: 'text' } }],
        },
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'd' }] },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_file', file_url: 'https://example.com/a.pdf' },
            { type: 'input_image', file_id: 'file-1', detail: 'low' },
          ],
        },
        { type: 'reasoning', id: 'rs_1', summary: [], content: null, encrypted_content: 'x' },
        { type: 'web_search_call', id: 'ws_1', status: 'completed' },
        { type: 'function_call', call_id: 'a', name: 'f', namespace: 'n', arguments: '{}' },
        { type: 'custom_tool_call', call_id: 'b', name: 'p', input: 'x' },
        { type: 'function_call_output', call_id: 'a', output: 'x' },
        { type: 'custom_tool_call_output', call_id: 'b', output: 'y' },
      ],
      tools: [
        { type: 'web_search' },
        {
          type: 'namespace',
          name: 'n',
          description: 'N.',
          tools: [
            { type: 'function', name: 'f', parameters: { type: 'object' }, strict: true },
            { type: 'function', name: 'g', parameters: { type: 'object' } },
          ],
        },
        { type: 'custom', name: 'p', format: { type: 'grammar', syntax: 'regex', definition: 'x+' } },
      ],
      tool_choice: { type: 'custom', name: 'p' },
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low' },
      previous_response_id: 'resp_1',
      store: false,
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'k',
      client_metadata: { a: 'b' },
    }
    const { body: written, warnings } = writeRequest(readRequest(body), TARGET)
    expect(written).toEqual(body)
    expect(warnings).toEqual([])
  })
})
