/**
 * Runs Azurite in this process, for as long as whoever started it lives: its own entry file would stay behind when the
 * parent is killed. The path of that entry file is the first argument; the rest is Azurite's.
 */
import { pathToFileURL } from 'node:url';

const [node = '', , entry = '', ...rest] = process.argv;
process.on('disconnect', () => process.exit(1));
process.argv = [node, entry, ...rest];
await import(pathToFileURL(entry).href);
