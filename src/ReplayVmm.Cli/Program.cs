using System.Text;
using ReplayVmm.Cli;

// Results may be many: they are buffered, and flushed at the end. Messages are not.
var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
var output = new StreamWriter(Console.OpenStandardOutput(), utf8, 1 << 16);
var error = new StreamWriter(Console.OpenStandardError(), utf8, 1024) { AutoFlush = true };
int code = CommandLine.Run(args, output, error);
try
{
    output.Flush();
}
catch (IOException)
{
    // Whoever read the results has gone.
}

return code;
