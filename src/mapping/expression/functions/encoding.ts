import { type FunctionDefinition, ofText } from '../definition.ts';

export const encodingFunctions: Readonly<Record<string, FunctionDefinition>> = {
  BitAnd: {
    parameters: ['value1', 'value2'],
    compile: call => {
      const [value1, value2] = [call.argument(0), call.argument(1)];
      return scope => {
        const [a, b] = [value1.integer(scope), value2.integer(scope)];
        return a === null || b === null ? null : a & b;
      };
    },
  },

  /** .NET calls UTF-16 "Unicode". */
  ConvertToBase64: ofText('source', text => Buffer.from(text, 'utf16le').toString('base64')),
  ConvertToUTF8Hex: ofText('source', text => Buffer.from(text, 'utf8').toString('hex').toUpperCase()),
};
