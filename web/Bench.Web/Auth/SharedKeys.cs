using System.Xml.Linq;
using Bench.Data;
using Bench.Data.Rows;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Bench.Web.Auth;

/// <summary>Keeps the keys of cookies and cursors in the database, so that every server can read what another wrote.</summary>
internal sealed class SharedKeys(IDbContextFactory<BenchDbContext> contexts) : IXmlRepository, IConfigureOptions<KeyManagementOptions>
{
    /// <inheritdoc />
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var db = contexts.CreateDbContext();
        return [.. db.DataProtectionKeys.AsNoTracking().OrderBy(row => row.Id).Select(row => row.Xml).ToList().Select(xml => XElement.Parse(xml))];
    }

    /// <inheritdoc />
    public void StoreElement(XElement element, string friendlyName)
    {
        using var db = contexts.CreateDbContext();
        db.DataProtectionKeys.Add(new DataProtectionKeyRow { Name = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting) });
        db.SaveChanges();
    }

    /// <inheritdoc />
    public void Configure(KeyManagementOptions options) => options.XmlRepository = this;
}
