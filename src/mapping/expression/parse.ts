import { SyntaxProblem } from './errors.ts';
import type { CallNode, Node } from './syntax.ts';
import { type Token, tokensOf } from './tokens.ts';

/** Entra's own limit (Microsoft Learn, "Known issues for provisioning in Microsoft Entra ID"). */
const longestExpression = 10_000;

/** Keeps parser and evaluation, which recurse, far from the end of the stack. Entra states no limit. */
const deepestNesting = 400;

/**
 * The syntax tree of an expression. Knows no function: names and arguments are checked by whoever compiles the tree.
 * @throws SyntaxProblem
 */
export function parse(text: string): Node {
  if (text.length > longestExpression) {
    throw new SyntaxProblem(longestExpression, `at most ${longestExpression} characters`);
  }
  return new Parser(tokensOf(text)).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    const node = this.#comparison(0);
    const token = this.#peek();
    if (token.kind === 'end') return node;
    throw after(token, 'the end of the expression');
  }

  #comparison(depth: number): Node {
    const left = this.#operand(depth);
    const token = this.#peek();
    if (token.kind !== 'operator') return left;
    this.#next += 1;
    const right = this.#operand(depth);
    const third = this.#peek();
    if (third.kind === 'operator') {
      throw new SyntaxProblem(third.at, 'a comma or a closing parenthesis', 'one comparison has two sides');
    }
    return { kind: 'comparison', at: token.at, operator: token.value, left, right };
  }

  #operand(depth: number): Node {
    const token = this.#peek();
    this.#next += 1;
    switch (token.kind) {
      case 'text':
      case 'number':
      case 'attribute':
        return token;
      case 'identifier':
        if (this.#peek().kind === '(') return this.#call(token.at, token.value, depth + 1);
        return { kind: 'word', at: token.at, value: token.value };
      case '(':
        throw new SyntaxProblem(token.at, operandExpected, 'parentheses follow a function name only');
      default:
        throw new SyntaxProblem(token.at, operandExpected);
    }
  }

  #call(at: number, name: string, depth: number): CallNode {
    if (depth > deepestNesting) {
      throw new SyntaxProblem(at, `at most ${deepestNesting} functions within each other`);
    }
    this.#next += 1;
    const nodes: (Node | undefined)[] = [];
    const argumentOffsets: number[] = [];
    for (;;) {
      const token = this.#peek();
      const isEmpty = token.kind === ',' || token.kind === ')';
      if (token.kind === ')' && nodes.length === 0) break;
      argumentOffsets.push(token.at);
      nodes.push(isEmpty ? undefined : this.#comparison(depth));
      const separator = this.#peek();
      if (separator.kind === ')') break;
      if (separator.kind !== ',') throw after(separator, 'a comma or a closing parenthesis');
      this.#next += 1;
    }
    this.#next += 1;
    return { kind: 'call', at, name, arguments: nodes, argumentOffsets };
  }

  #peek(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new RangeError('no token is left');
    return token;
  }
}

const operandExpected = 'a function, [attribute], "text" or number';

function after(token: Token, expected: string): SyntaxProblem {
  if (token.kind === 'end') return new SyntaxProblem(token.at, 'a closing parenthesis');
  const isLogical = token.kind === 'identifier' && /^(and|or)$/i.test(token.value);
  const problem = isLogical ? 'there is no AND and no OR: nest one IIF in another' : undefined;
  return new SyntaxProblem(token.at, expected, problem);
}
