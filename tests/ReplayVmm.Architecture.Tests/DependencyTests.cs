using System.Reflection;
using System.Xml.Linq;

namespace ReplayVmm.Architecture.Tests;

public sealed class DependencyTests
{
    public static TheoryData<string> Projects => [.. Houses.Floor.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_projects_on_floors_below(string project)
    {
        foreach (string reference in ProjectReferences(project))
        {
            Houses.Floor.Keys.ShouldContain(reference);
            Houses.Floor[reference].ShouldBeLessThan(Houses.Floor[project], $"{project} references {reference}");
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_knows_nothing_of_the_rooms_it_must_not_see(string project)
    {
        string[] forbidden = Houses.KnowsNothingOf.GetValueOrDefault(project, []);
        ProjectReferences(project).Intersect(forbidden).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_compiled_assembly_uses_no_room_that_its_project_does_not_name(string project)
    {
        string path = Path.Combine(AppContext.BaseDirectory, (project == "Cli" ? "replayvmm" : $"ReplayVmm.{project}") + ".dll");
        Assembly assembly = Assembly.LoadFrom(path);
        string[] used = [.. assembly.GetReferencedAssemblies().Select(name => name.Name!)
            .Where(name => name.StartsWith("ReplayVmm.", StringComparison.Ordinal)).Select(name => name["ReplayVmm.".Length..])];
        used.Where(room => Houses.Floor[room] >= Houses.Floor[project]).ShouldBeEmpty();
        used.Intersect(Houses.KnowsNothingOf.GetValueOrDefault(project, [])).ShouldBeEmpty();
    }

    [Fact]
    public void Every_project_in_src_has_a_floor_and_a_test_project()
    {
        foreach (string folder in Directory.GetDirectories(Path.Combine(Houses.Root, "src")))
        {
            string name = Path.GetFileName(folder)["ReplayVmm.".Length..];
            Houses.Floor.Keys.ShouldContain(name);
            Directory.Exists(Path.Combine(Houses.Root, "tests", $"ReplayVmm.{name}.Tests")).ShouldBeTrue($"tests/ReplayVmm.{name}.Tests");
        }
    }

    private static string[] ProjectReferences(string project)
    {
        XDocument document = XDocument.Load(Path.Combine(Houses.Root, "src", $"ReplayVmm.{project}", $"ReplayVmm.{project}.csproj"));
        return [.. document.Descendants("ProjectReference")
            .Select(element => Path.GetFileNameWithoutExtension(element.Attribute("Include")!.Value)["ReplayVmm.".Length..])];
    }
}
