/** Offsets (`at`) count UTF-16 code units from the start of the expression's text. */
export type Node = TextNode | NumberNode | AttributeNode | WordNode | CallNode | ComparisonNode;

export interface TextNode {
  readonly kind: 'text';
  readonly at: number;
  readonly value: string;
  /** Where each code unit of `value` stands in the expression, and after the last one the closing quote. */
  readonly offsets: readonly number[];
}

export interface NumberNode {
  readonly kind: 'number';
  readonly at: number;
  /** A bigint, or a number that is no integer. */
  readonly value: bigint | number;
}

export interface AttributeNode {
  readonly kind: 'attribute';
  readonly at: number;
  readonly name: string;
}

/** A bare word, such as vbTextCompare. */
export interface WordNode {
  readonly kind: 'word';
  readonly at: number;
  readonly value: string;
}

export interface CallNode {
  readonly kind: 'call';
  readonly at: number;
  readonly name: string;
  /** Undefined: an empty positional argument. */
  readonly arguments: readonly (Node | undefined)[];
  /** Where each argument starts or, if it is empty, would start. */
  readonly argumentOffsets: readonly number[];
}

export type Operator = '=' | '<>' | '>' | '>=' | '<' | '<=';

export interface ComparisonNode {
  readonly kind: 'comparison';
  /** Of the operator. */
  readonly at: number;
  readonly operator: Operator;
  readonly left: Node;
  readonly right: Node;
}

/** The nodes directly below one node, from left to right. */
export function childrenOf(node: Node): readonly Node[] {
  if (node.kind === 'comparison') return [node.left, node.right];
  if (node.kind === 'call') return node.arguments.filter(argument => argument !== undefined);
  return [];
}

/** The node and everything below it, from left to right. */
export function* everyNode(node: Node): Generator<Node> {
  const stack = [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next;
    stack.push(...childrenOf(next).toReversed());
  }
}
