using System.Runtime.CompilerServices;

namespace Bench.Attention.Primitives.Fused;

internal sealed unsafe partial class Scanner<TSimd, TVector>
{
    /// <summary>What the kernel needs to resolve the dependent writes of a block: the rows that read, and their products with the rows that write.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PrepareDependence<TProgram>(Scan scan, ref ScanBlock block, nint token, int count, int step, bool isWhole)
        where TProgram : IScanProgram
    {
        TakeLeft(scan, scan.Dependent, token, count, step, _dependent, _rows, _cumulative, _one);
        Products(_left, _gram0, withOwn: TProgram.Dependence is Dependence.DeltaAdjoint or Dependence.CorrectionAdjoint);
        if (TProgram.Dependence != Dependence.Delta)
        {
            Products(_left + _rows, _gram1, withOwn: false);
        }

        block.Dependent = _dependent;
        block.Gram0 = _gram0;
        block.Gram1 = _gram1;
        block.Strength = _strength;
        if (scan.Strength != null)
        {
            for (var j = 0; j < Block; j++)
            {
                _strength[j] = j < count ? scan.Strength[token + (j * step)] : 0;
            }
        }

        if (TProgram.Dependence == Dependence.Delta)
        {
            block.Values = block.Right0;
            block.ValuePitch = block.Pitch0;
            block.Right0 = _resolved;
            block.Pitch0 = _columns;
        }

        var isKept = isWhole && scan.Kept != null;
        block.KeptPitch = isKept ? step * _columns : _columns;
        block.Kept = isKept ? scan.Kept + (token * _columns) : _kept;
        if (TProgram.Dependence != Dependence.DeltaAdjoint)
        {
            return;
        }

        new Span<float>(_errorSums, Block * TSimd.Lanes).Clear();
        block.ErrorSums = _errorSums;
        block.Errors = isWhole ? scan.Errors + (token * _columns) : _errors;
        for (var j = 0; j < count && !isWhole; j++)
        {
            Save(_errors + (j * _columns), scan.Errors + ((token + (j * step)) * scan.Columns), scan.Columns);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FinishDependence<TProgram>(Scan scan, nint token, int count, int step, bool isWhole)
        where TProgram : IScanProgram
    {
        for (var j = 0; j < count; j++, token += step)
        {
            if (!isWhole && scan.Kept != null)
            {
                Save(scan.Kept + (token * scan.Columns), _kept + (j * _columns), scan.Columns);
            }

            if (TProgram.Dependence == Dependence.DeltaAdjoint)
            {
                scan.StrengthGradient[token] = TSimd.Sum(TSimd.Load(_errorSums + (j * TSimd.Lanes)));
            }
        }
    }

    /// <summary>Products of dependent rows with the rows of a role that come before them, row by dependent row.</summary>
    /// <param name="left">The role's first row.</param>
    /// <param name="gram">Receives them in the order of <see cref="Gram"/>.</param>
    /// <param name="withOwn">Whether a row's product with its own token's row is wanted.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Products(float* left, float* gram, bool withOwn)
    {
        nint rows = _rows, pitch = LeftRoles * rows;
        TVector p00 = default, p10 = default, p11 = default, p20 = default, p21 = default, p22 = default;
        TVector p30 = default, p31 = default, p32 = default, p33 = default;
        for (nint i = 0; i < rows; i += TSimd.Lanes)
        {
            var write = left + i;
            TVector w0 = TSimd.Load(write), w1 = TSimd.Load(write + pitch), w2 = TSimd.Load(write + (2 * pitch));
            var read = _dependent + i;
            TVector r1 = TSimd.Load(read + rows), r2 = TSimd.Load(read + (2 * rows)), r3 = TSimd.Load(read + (3 * rows));
            p10 = TSimd.MultiplyAdd(r1, w0, p10);
            p20 = TSimd.MultiplyAdd(r2, w0, p20);
            p21 = TSimd.MultiplyAdd(r2, w1, p21);
            p30 = TSimd.MultiplyAdd(r3, w0, p30);
            p31 = TSimd.MultiplyAdd(r3, w1, p31);
            p32 = TSimd.MultiplyAdd(r3, w2, p32);
            if (withOwn)
            {
                p00 = TSimd.MultiplyAdd(TSimd.Load(read), w0, p00);
                p11 = TSimd.MultiplyAdd(r1, w1, p11);
                p22 = TSimd.MultiplyAdd(r2, w2, p22);
                p33 = TSimd.MultiplyAdd(r3, TSimd.Load(write + (3 * pitch)), p33);
            }
        }

        TSimd.Sums(p10, p20, p21, p30, gram + Gram.P10);
        TSimd.Sums(p31, p32, p00, p11, gram + Gram.P31);
        if (withOwn)
        {
            TSimd.Sums(p22, p33, p22, p33, gram + Gram.P22);
        }
    }
}
